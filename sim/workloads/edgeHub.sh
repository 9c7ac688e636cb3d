. /workload/lib.sh
serve_metrics

echo "$(date -u '+%Y-%m-%d %H:%M:%S') Starting Edge Hub"
info "Starting Edge Hub"
info "Version - 1.5.21.90112021 (46e5f2a7e1b8f2ab6a2ec6d5ba9f6c3d3a8b7c0e)"
info "
        █████╗ ███████╗██╗   ██╗██████╗ ███████╗
       ██╔══██╗╚══███╔╝██║   ██║██╔══██╗██╔════╝
"
info "Loaded server certificate with expiration date of \"2027-01-02T03:04:05.0000000+00:00\""
info "Created persistent store at /tmp/edgeHub"
info "Scheduling server certificate renewal for \"2026-12-02T03:04:05.0000000Z\"."
info "Starting protocol heads - (MQTT, AMQP, HTTP)"

round=0
while true; do
  round=$((round + 1))
  info "Client edge-device-1/SimulatedTemperatureSensor connected to edgeHub, operation id: 7f0c1d2e-$round"
  info "Bringing device edge-device-1/SimulatedTemperatureSensor online, Größe der Warteschlange: $((round * 3)) Nachrichten"
  if [ $((round % 3)) -eq 1 ]; then
    warn "No longer receiving acknowledgements from the upstream endpoint, will retry in 00:00:05"
  fi
  if [ $((round % 6)) -eq 2 ]; then
    error "Error sending message batch for edge-device-1/SimulatedTemperatureSensor from source /messages/modules/SimulatedTemperatureSensor
System.TimeoutException: Operation timed out
   at Microsoft.Azure.Devices.Edge.Hub.CloudProxy.CloudProxy.SendMessageBatchAsync(IEnumerable\`1 inputMessages)
   at Microsoft.Azure.Devices.Edge.Hub.Core.Routing.CloudEndpoint.CloudMessageProcessor.ProcessClientMessagesBatch()"
    echo
  fi
  pause 2
done
