import { readEnvironment } from '../../module/config/environment.ts';

test('what IoT Edge gives a module is read; missing and empty variables are absent', () => {
  const env = readEnvironment({
    IOTEDGE_IOTHUBHOSTNAME: 'hub.example',
    IOTEDGE_DEVICEID: 'd',
    IOTEDGE_MODULEID: 'm',
    IOTEDGE_GATEWAYHOSTNAME: 'gw',
    IOTEDGE_PARENTHOSTNAME: '',
    HTTPS_PROXY: 'http://upper',
    https_proxy: 'http://lower',
  });
  expect(env).toEqual({
    iothubHostname: 'hub.example',
    deviceId: 'd',
    moduleId: 'm',
    gatewayHostname: 'gw',
    httpsProxy: 'http://lower',
  });
});

test('under IoT Edge’s simulator the names come from the connection string', () => {
  const EdgeHubConnectionString = 'HostName=hub.example;GatewayHostName=gw;DeviceId=d;ModuleId=m;SharedAccessKey=a=b=';
  expect(readEnvironment({ EdgeHubConnectionString })).toEqual({
    iothubHostname: 'hub.example',
    deviceId: 'd',
    moduleId: 'm',
  });
});
