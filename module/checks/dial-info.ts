import type { DialReading } from '../facts/dial.ts';
import type { UpstreamReading } from '../facts/upstream.ts';
import type { Port } from './upstream-use.ts';

type Info = Readonly<Record<string, unknown>>;

/** What `additional_info` shows of a dial of the upstream. */
export function upstreamDialInfo(port: Port, upstream: UpstreamReading): Info {
  const { dials, proxy, trustStore } = upstream;
  return {
    ...dialInfo(dials[port], trustStore, proxy?.from),
    ...(port === 'https' && proxy ? { without_proxy: shortly(dials.httpsDirect) } : {}),
    ...(port === 'https' ? { web_socket: shortly(dials.webSocket) } : {}),
  };
}

/** What `additional_info` shows of any dial; `proxyFrom` says where the proxy is set. */
export function dialInfo(dial: DialReading, trustStore: string, proxyFrom: string | undefined): Info {
  return {
    proxy: dial.proxy ?? null,
    ...(dial.proxy === undefined ? {} : { proxy_from: proxyFrom }),
    address: dial.address ?? null,
    reached: dial.reached,
    duration_ms: dial.durationMs,
    ...(dial.error === undefined ? {} : { error: dial.error }),
    ...(dial.tls ? { tls: dial.tls, trust_store: trustStore } : {}),
    ...(dial.http ? { http_status: dial.http.status } : {}),
  };
}

/** How far a dial came, and why no further. */
function shortly(dial: DialReading | undefined): Info | null {
  if (!dial) return null;
  return { reached: dial.reached, ...(dial.http ? { http_status: dial.http.status } : {}), error: dial.error ?? null };
}
