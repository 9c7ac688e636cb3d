/** What some program that unpacks would trip over, or show otherwise than it is. */
const odd = /[\p{Cc}\\:*?"<>|\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/**
 * A path in the archive that can be unpacked anywhere: networks, unlike modules, may have any name, `../../x` too. What the
 * owner's rules take out is not in names either; `clean` does it.
 */
export function fileName(name: string, clean: (text: string) => string): string {
  const parts = clean(name).toWellFormed().replace(odd, '_').split('/');
  return parts.map((part) => (/^[. ]*$/.test(part) ? '_' : part)).join('/');
}
