/** A copy of a text that is kept: V8 would keep the longer text, too, from which it was cut. */
export const copied = (text: string) => Buffer.from(text).toString();
