# Shared by the workload containers. Log lines have IoT Edge's form:
# <6> 2026-01-02 03:04:05.678 +00:00 [INF] - text

trap 'exit 0' TERM INT

# busybox's date knows no fractions: they come from the uptime, counted from one common zero so that no line goes back.
read -r uptime _ </proc/uptime
boot=$(($(date +%s) - ${uptime%.*}))

stamp() {
  read -r uptime _ </proc/uptime
  date -u -d "@$((boot + ${uptime%.*}))" "+%Y-%m-%d %H:%M:%S.${uptime#*.}0 +00:00"
}

info() { echo "<6> $(stamp) [INF] - $*"; }
warn() { echo "<4> $(stamp) [WRN] - $*"; }
error() { echo "<3> $(stamp) [ERR] - $*"; }

# A plain sleep would hold SIGTERM back until it ends.
pause() {
  sleep "$1" &
  wait $!
}

# The file /srv/metrics on the port on which edgeAgent and edgeHub serve theirs; where the file is bound.
serve_metrics() {
  if [ -e /srv/metrics ]; then httpd -p 9600 -h /srv; fi
}
