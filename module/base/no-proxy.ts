/**
 * Whether `no_proxy` exempts a host: entries separated by commas or blanks; `*` is everything, a name stands for itself
 * and what is below it (with or without a leading dot), and a port restricts it.
 */
export function isExempt(noProxy: string, host: string, port: number): boolean {
  const name = host.toLowerCase();
  return noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      const [, suffix = entry, onlyPort] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? [];
      if (onlyPort !== undefined && Number(onlyPort) !== port) return false;
      const bare = suffix.replace(/^\*?\./, '');
      return suffix === '*' || name === bare || name.endsWith(`.${bare}`);
    });
}
