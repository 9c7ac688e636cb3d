/** What is installed on the simulated device: of a line that Microsoft services until November 2028. */
export const versions = { 'aziot-edge': '1.6.1', 'aziot-identity-service': '1.6.0' } as const;
