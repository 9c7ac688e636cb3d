. /workload/lib.sh

info "ttyModule started on $(tty)"
while true; do
  printf '\033[32mready\033[0m\n'
  info "polling the serial line"
  pause 2
done
