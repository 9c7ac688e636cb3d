import { isTable, type Table } from './daemon-config.ts';

/**
 * Throws an Error for what keyd refuses to start with (aziot-keyd-config, `lib.rs`): both of its maps have texts as
 * values. It names keys and quotes no value: there may be a PIN in one.
 */
export function checkKeydConfig(config: Table): void {
  for (const name of ['aziot_keys', 'preloaded_keys']) {
    const map = config[name] ?? {};
    if (!isTable(map)) throw new Error(`${name} must be a table`);
    const wrong = Object.entries(map).find(([, value]) => typeof value !== 'string');
    if (wrong) throw new Error(`${name}.${wrong[0]} must be a string`);
  }
}
