import { containerIdIn } from '../../module/facts/own-container.ts';

const id = 'a7'.repeat(32);

test.each([
  [
    'Docker',
    `639 611 254:0 /var/lib/docker/containers/${id}/hostname /etc/hostname rw,relatime - ext4 /dev/vda rw`,
    id,
  ],
  [
    'Podman',
    `81 60 0:25 /containers/storage/overlay-containers/${id}/userdata/hostname /etc/hostname rw - tmpfs tmpfs rw`,
    id,
  ],
  ['data folder on a disk of its own', `81 60 8:1 /containers/${id}/hostname /etc/hostname rw - xfs /dev/sdb1 rw`, id],
  [
    'the host itself',
    `36 1 0:5 / /var/lib/docker/containers/${id}/mounts/shm rw - tmpfs shm rw\n37 1 254:0 / / rw - ext4 /dev/vda rw`,
    undefined,
  ],
  ['a file of ours', `639 611 254:0 /etc/hostname /etc/hostname rw,relatime - ext4 /dev/vda rw`, undefined],
  ['nothing', '', undefined],
])('the own container is known by what is mounted as /etc/hostname: %s', (_, mountinfo, expected) => {
  const others = `600 500 0:5 / /proc rw - proc proc rw\n${mountinfo}\n640 611 0:9 / /dev rw - tmpfs tmpfs rw\n`;
  expect(containerIdIn(others)).toBe(expected);
});
