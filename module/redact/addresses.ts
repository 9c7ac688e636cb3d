/**
 * Whether an IP address tells where somebody is. Private (RFC 1918, 6598, 4193), loopback, link-local, multicast,
 * unspecified and documentation (RFC 5737, 3849) addresses are everybody's.
 */
export function isPublic(address: string): boolean {
  if (address.includes(':')) return /^[23][0-9a-f]{3}:/i.test(address) && !/^2001:0?db8:/i.test(address);
  const parts = address.split('.').map(Number);
  const [a = 0, b = 0, c = 0] = parts;
  if (parts.some((part) => part > 255) || a === 0 || a === 10 || a === 127 || a >= 224) return false;
  if ((a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168) || (a === 169 && b === 254)) return false;
  if (a === 100 && b >= 64 && b < 128) return false;
  return !['192.0.2', '198.51.100', '203.0.113'].includes(`${a}.${b}.${c}`);
}
