. /workload/lib.sh
serve_metrics

info "Initializing Edge Agent."
info "Version - 1.5.21.90112021 (46e5f2a7e1b8f2ab6a2ec6d5ba9f6c3d3a8b7c0e)"
info "Experimental features configuration: {\"Enabled\":false,\"DisableCloudSubscriptions\":false}"
info "Installing certificates [CN=Test Edge Root CA:12/31/2049 23:59:59] to Root"
info "Edge agent attempting to connect to IoT Hub via Mqtt_Tcp_Only..."
info "Registering request handler UploadModuleLogs"
info "Registering request handler GetModuleLogs"
info "Registering request handler UploadSupportBundle"
info "Registering request handler RestartModule"
info "Obtained Edge agent twin from IoTHub with desired properties version 12 and reported properties version 340."
info "Executing command: Command Group: (
  [Create module SimulatedTemperatureSensor]
  [Start module SimulatedTemperatureSensor]
)"

round=0
while true; do
  round=$((round + 1))
  info "Plan execution started for deployment 12"
  info "Plan execution ended for deployment 12"
  if [ $((round % 4)) -eq 1 ]; then
    warn "Reconnecting to IoT Hub: the connection was closed by the peer, status Disconnected_Retrying"
  fi
  if [ $((round % 5)) -eq 2 ]; then
    error "Executing command for operation [\"restart\"] failed.
Microsoft.Azure.Devices.Edge.Agent.Edgelet.EdgeletCommunicationException- Message:Error calling restart module crasher: Could not restart module crasher, StatusCode:500, at:   at Microsoft.Azure.Devices.Edge.Agent.Edgelet.Versioning.ModuleManagementHttpClientVersioned.Execute[T](Func\`1 func, String operation)
   at Microsoft.Azure.Devices.Edge.Agent.Core.Commands.GroupCommand.ExecuteAsync(CancellationToken token)
   at Microsoft.Azure.Devices.Edge.Agent.Core.LoggingCommandFactory.LoggingCommand.ExecuteAsync(CancellationToken token)"
    echo
  fi
  pause 2
done
