import type { Cluster } from '@heddle/traffic';
import { describe, expect, it, onTestFinished } from 'vitest';
import { cluster, endpoint } from '../testing/snapshots.ts';
import { DnsAddresses, type Lookup } from './dns-addresses.ts';

const bank = (discovery: Cluster['discovery'], ...hosts: readonly string[]) =>
  cluster('outbound|80||bank.example', {
    discovery,
    endpoints: hosts.map((address) => endpoint(80, { address })),
  });

/** A name server whose answers the test changes. */
function resolver(answers: Map<string, readonly string[]>) {
  const asked: string[] = [];
  const lookup: Lookup = (host) => {
    asked.push(host);
    const answer = answers.get(host);
    return answer === undefined ? Promise.reject(new Error('ENOTFOUND')) : Promise.resolve(answer);
  };
  const addresses = new DnsAddresses(lookup);
  onTestFinished(() => addresses.close());
  return { addresses, asked };
}

const addressesOf = (addresses: DnsAddresses, one: Cluster) =>
  addresses.endpointsOf(one).map(({ address }) => address);

describe('host names of a cluster', () => {
  it('are all their addresses under STRICT_DNS, and the first one under LOGICAL_DNS', async () => {
    const { addresses } = resolver(new Map([['a.example', ['10.0.0.1', '10.0.0.2']]]));
    const [strict, logical] = [bank('STRICT_DNS', 'a.example'), bank('LOGICAL_DNS', 'a.example')];
    addresses.watch([strict, logical]);
    await addresses.refresh();
    expect(addressesOf(addresses, strict)).toEqual(['10.0.0.1', '10.0.0.2']);
    expect(addressesOf(addresses, logical)).toEqual(['10.0.0.1']);
  });

  it('stand for themselves until they are known', () => {
    const { addresses } = resolver(new Map());
    const one = bank('STRICT_DNS', 'a.example');
    addresses.watch([one]);
    expect(addressesOf(addresses, one)).toEqual(['a.example']);
  });

  it('follow the name server, and keep the last addresses while it fails', async () => {
    const answers = new Map([['a.example', ['10.0.0.1']]]);
    const { addresses } = resolver(answers);
    const one = bank('STRICT_DNS', 'a.example');
    addresses.watch([one]);
    await addresses.refresh();
    const { version } = addresses;
    answers.set('a.example', ['10.0.0.9']);
    await addresses.refresh();
    expect([addressesOf(addresses, one), addresses.version]).toEqual([['10.0.0.9'], version + 1]);
    answers.delete('a.example');
    await addresses.refresh();
    answers.set('a.example', []);
    await addresses.refresh();
    expect([addressesOf(addresses, one), addresses.version]).toEqual([['10.0.0.9'], version + 1]);
  });

  it('are looked up once each, and addresses and other clusters not at all', async () => {
    const { addresses, asked } = resolver(new Map([['a.example', ['10.0.0.1']]]));
    addresses.watch([
      bank('STRICT_DNS', 'a.example', '10.0.0.7'),
      bank('STRICT_DNS', 'a.example'),
      bank('STATIC', 'b.example'),
    ]);
    await addresses.refresh();
    expect(asked).toEqual(['a.example']);
  });

  it('are 256 addresses at the most', async () => {
    const many = Array.from({ length: 300 }, (_, i) => `10.0.${i >> 8}.${i & 255}`);
    const { addresses } = resolver(new Map([['a.example', many]]));
    const one = bank('STRICT_DNS', 'a.example');
    addresses.watch([one]);
    await addresses.refresh();
    expect(addressesOf(addresses, one)).toHaveLength(256);
  });
});
