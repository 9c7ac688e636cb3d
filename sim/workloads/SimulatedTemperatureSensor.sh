. /workload/lib.sh

info "SimulatedTemperatureSensor Main() started."
info "Initializing simulated temperature sensor to send 500 messages, at an interval of 1 seconds."

count=0
send() {
  count=$((count + 1))
  info "Sending message: $count, Body: [{\"machine\":{\"temperature\":$((21 + count % 9)).$((count % 10)),\"pressure\":1.$((count % 10))},\"ambient\":{\"temperature\":20.8,\"humidity\":25},\"unit\":\"°C\"}]"
}

while [ "$count" -lt 100 ]; do send; done
while true; do
  send
  if [ $((count % 20)) -eq 0 ]; then warn "Temperature is above the threshold of 28 °C"; fi
  pause 1
done
