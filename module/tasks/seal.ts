import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { SupportError } from '../base/errors.ts';

/** Keeps a request with its SAS on disk so that only this module on this device can read it. */
export interface Sealer {
  /** Rejects when there is no key now, which may pass. */
  seal(text: string): Promise<string>;
  /** Rejects with a SupportError `conflict` when it was sealed with another key; other rejections may pass. */
  open(sealed: string): Promise<string>;
}

/**
 * AES-256-GCM (NIST SP 800-38D, 96-bit random nonce) with a key derived (HKDF-SHA256) from a secret that the device can
 * make again after a restart and that never lies on its disk in clear: the workload API's signature of a fixed text.
 * Sealed text: base64 of nonce (12 bytes), tag (16 bytes) and cipher text.
 */
export function createSealer(secret: () => Promise<Uint8Array>): Sealer {
  let key: Buffer | undefined;
  const ready = async () => {
    key ??= Buffer.from(hkdfSync('sha256', await secret(), '', 'edge-support task request v1', 32));
    return key;
  };
  return {
    async seal(text) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', await ready(), nonce);
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64');
    },
    async open(sealed) {
      const own = await ready();
      const bytes = Buffer.from(sealed, 'base64');
      try {
        const decipher = createDecipheriv('aes-256-gcm', own, bytes.subarray(0, 12));
        decipher.setAuthTag(bytes.subarray(12, 28));
        return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
      } catch (error) {
        const text = 'The request was sealed with another key: this module’s identity is no longer the same.';
        throw new SupportError('conflict', text, { cause: error });
      }
    },
  };
}
