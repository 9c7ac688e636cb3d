/** What a device with edgeAgent, edgeHub and modules logs; `#` is a number, `@@` an identifier. Nothing in it is secret. */
const shapes = [
  '<6> 2026-11-25 15:58:#.066 +00:00 [INF] - Starting new operation # for module filter, plan @@',
  '<6> 2026-11-25 15:58:#.066 +00:00 [INF] - Obtained new token for client edge-1/filter, will be refreshed in # seconds',
  '<7> 2026-11-25 15:58:#.066 +00:00 [DBG] - Processed batch of # messages in endpoint queue-#, offset #, correlation @@',
  '<4> 2026-11-25 15:58:#.066 +00:00 [WRN] - Token bucket is empty, throttling; tokens=#, maxTokens: 500',
  '<3> 2026-11-25 15:58:#.066 +00:00 [ERR] - Could not reach https://hub.azure-devices.net:443/devices, from 192.168.1.20:#',
  '{"messageId":"@@","device":"plc-#","temperature":21.#,"humidity":#,"payload":"AQIDBAUGBwgJCgsMDQ4PEA=="}',
  '{"time":"2026-11-25T15:58:#Z","level":"info","msg":"request done","path":"/api/v1/items?limit=#","status":200,"id":"@@"}',
  'info: Microsoft.Azure.Devices.Edge.Hub.Core.DeviceScopeIdentitiesCache[0] continuation token: null, # identities',
  'Modbus register #=0x1F2E3D4C, CRC=ABCD#, key=partition-#, mail to operator@plant.example queued',
  'pulled sha256:0b3faac28f89a86d27b47a45268d5212e7df18190f4e292ad1f7334bd20b370f in # ms, ETag: "0x8DC3A1B2C3D#"',
];

/** So many bytes of it, or a line more. */
export function deviceLog(bytes: number): Buffer {
  const blocks: Buffer[] = [];
  let state = 1;
  const next = () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state >>> 8;
  };
  for (let size = 0; size < bytes; ) {
    const lines = Array.from({ length: 1000 }, () =>
      (shapes[next() % shapes.length] as string).replace(/#|@@/g, (place) =>
        place === '#' ? String(next() % 10_000) : `${next().toString(16)}-4f60-a1b2-${next().toString(16)}`,
      ),
    );
    const block = Buffer.from(`${lines.join('\n')}\n`);
    blocks.push(block);
    size += block.length;
  }
  return Buffer.concat(blocks);
}
