import { SupportError } from '../../module/base/errors.ts';
import { resolveConfig } from '../../module/config/config.ts';
import { forbidMethod, forbidModuleChange, forbidUploadHost } from '../../module/config/policy.ts';

const policy = (desired: object) => resolveConfig({}, { policy: desired }).values;

/** Runs what must be refused and gives the refusal. */
function refusal(act: () => void): SupportError {
  try {
    act();
  } catch (error) {
    if (error instanceof SupportError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

test('a method that is not allowed is forbidden, and the sentence names the setting', () => {
  const error = refusal(() => forbidMethod(policy({ allowedMethods: ['Ping'] }), 'RestartModule'));
  expect(error.code).toBe('forbidden');
  expect(error.message).toBe(
    'RestartModule is not allowed on this device (setting policy.allowedMethods, environment variable EDGE_SUPPORT_ALLOWED_METHODS).',
  );
  expect(() => forbidMethod(policy({ allowedMethods: ['ping'] }), 'Ping')).not.toThrow();
});

test('a protected module may not be changed', () => {
  expect(refusal(() => forbidModuleChange(policy({ protectedModules: ['edgeHub'] }), 'edgehub')).code).toBe(
    'forbidden',
  );
  expect(() => forbidModuleChange(policy({ protectedModules: ['edgeHub'] }), 'sensor')).not.toThrow();
  expect(() => forbidModuleChange(policy({ protectedModules: ['*'] }), 'sensor')).toThrow(SupportError);
});

test('upload hosts are names or suffixes, and a suffix does not match its own look-alikes', () => {
  const own = policy({ uploadHosts: ['a.example', '*.blob.core.windows.net'] });
  expect(() => forbidUploadHost(own, 'A.example')).not.toThrow();
  expect(() => forbidUploadHost(own, 'acc.blob.core.windows.net')).not.toThrow();
  for (const host of ['blob.core.windows.net', 'evilblob.core.windows.net', 'a.example.evil', 'b.example']) {
    expect(refusal(() => forbidUploadHost(own, host)).code).toBe('forbidden');
  }
  expect(() => forbidUploadHost(policy({}), 'any.example')).not.toThrow();
});
