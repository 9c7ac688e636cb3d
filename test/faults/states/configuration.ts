import { certificatePath } from '../../../sim/host.ts';
import { siteHubName } from '../../../sim/site.ts';
import { edit, touch } from '../host-files.ts';
import { allOf, type CompleteEdge, type FaultyState } from '../state.ts';

const day = 24 * 3_600_000;
const superOf = (daemon: string) => `etc/aziot/${daemon}/config.d/00-super.toml`;

/** Puts a certificate that ends at a time in place of one of certd's. */
async function expireAt(edge: CompleteEdge, id: string, notAfter: Date) {
  const { chain } = await edge.pki.server([id], { notAfter, issuer: 'root' });
  return edit(edge, certificatePath(id), () => chain);
}

/** A device that signs in at DPS with a certificate; the sections of manual provisioning are replaced. */
const dpsX509 = (text: string) =>
  text.replace(
    /\[provisioning\][\s\S]*?(?=\[connect\])/,
    `[provisioning]
source = "dps"
global_endpoint = "https://${siteHubName}"
scope_id = "0ne0000001"

[provisioning.attestation]
method = "x509"
registration_id = "edge-device-1"
identity_cert = "device-id"
identity_pk = "device-id"

`,
  );

/** What is wrong in the files under /etc/aziot, and certificates that end. */
export const configurationStates: readonly FaultyState[] = [
  {
    id: 'edge-ca-expired',
    fault: 'the edge CA expired yesterday',
    cause: 'edge-ca-expiry',
    plant: (edge) => expireAt(edge, 'aziot-edged-ca', new Date(Date.now() - day)),
  },
  {
    id: 'edge-hub-certificate-expired',
    fault: "edgeHub's server certificate expired yesterday",
    cause: 'edge-hub-certificate-expiry',
    async plant({ hub, pki, engine }) {
      const { gateway } = engine.edge;
      hub.faults.present('edge', await pki.server([gateway], { notAfter: new Date(Date.now() - day) }));
      return async () => hub.faults.present('edge');
    },
  },
  {
    id: 'identity-certificate-expires',
    fault: 'the certificate by which the device signs in at DPS expires in 3 days',
    cause: 'identity-certificate-expiry',
    plant: async (edge) =>
      allOf([
        await edit(edge, superOf('identityd'), dpsX509),
        await expireAt(edge, 'device-id', new Date(Date.now() + 3 * day)),
      ]),
  },
  {
    id: 'certd-syntax-error',
    fault: "certd's configuration has a syntax error",
    cause: 'certd-config-well-formed',
    plant: (edge) => edit(edge, superOf('certd'), (text) => `${text}\n[cert_issuance\n`),
  },
  {
    id: 'duplicate-principal',
    fault: "two principals of one name in identityd's configuration",
    cause: 'identityd-config-well-formed',
    plant: (edge) =>
      edit(edge, superOf('identityd'), (text) => `${text}\n[[principal]]\nuid = 1001\nname = "aziot-edge"\n`),
  },
  {
    id: 'config-not-applied',
    fault: 'config.toml was edited and not applied',
    cause: 'configs-up-to-date',
    plant: (edge) => touch(edge, 'etc/aziot/config.toml', new Date()),
  },
  {
    id: 'hostname-mismatch',
    fault: 'the configuration has another host name than the machine',
    cause: 'hostname',
    plant: (edge) =>
      edit(edge, superOf('identityd'), (text) => text.replace(/^hostname = .*$/m, 'hostname = "edge-device-2"')),
  },
  {
    id: 'est-without-tls',
    fault: 'an EST server is asked over HTTP',
    cause: 'est-server-https',
    plant: (edge) =>
      edit(
        edge,
        superOf('certd'),
        (text) => `${text}\n[cert_issuance.est.urls]\ndefault = "http://est.example.com/.well-known/est"\n`,
      ),
  },
];
