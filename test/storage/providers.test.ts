import { expect } from "chai";
import { usableProviders } from "../../trainer/storage/providers.ts";

const peer = "12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5";
const self = "12D3KooWJbwLBufwd71VcHCmxbLwF9F8FarhgBTBEmd7wmEAJgeC";
const at = (port: number): string => `/ip4/10.0.0.1/tcp/${port}/p2p/${peer}`;
const usable = (addresses: string[]): string[] =>
  usableProviders(addresses, self).map(({ address }) => address.toString());

describe("providers", () => {
  it("are taken in their order, each once, by IP or name", () => {
    const addresses = [at(2), at(1), `/dns4/example.org/tcp/4001/p2p/${peer}`, `/ip6/::1/tcp/1/p2p/${peer}`];
    expect(usable([...addresses, ...addresses])).to.deep.equal(addresses);
  });

  it("are never the store itself", () => {
    expect(usable([`/ip4/127.0.0.1/tcp/1/p2p/${self}`])).to.deep.equal([]);
  });

  for (const address of [
    "",
    "nonsense",
    "/ip4/10.0.0.1/tcp/1",
    `/ip4/10.0.0.1/tcp/0/p2p/${peer}`,
    `/ip4/10.0.0.1/udp/1/quic-v1/p2p/${peer}`,
    `/ip4/10.0.0.1/tcp/1/ws/p2p/${peer}`,
    `/ip4/10.0.0.1/tcp/1/p2p/${peer}/p2p-circuit/p2p/${self}`,
    `/ip4/10.0.0.1/tcp/1/p2p/${peer}x`,
    `/ip4/999.0.0.1/tcp/1/p2p/${peer}`,
    `/ip4/10.0.0.1/tcp/99999/p2p/${peer}`,
    `/dnsaddr/example.org/p2p/${peer}`,
    `/unix/tmp/socket/p2p/${peer}`,
    `/dns4/${"a".repeat(300)}/tcp/1/p2p/${peer}`,
  ]) {
    it(`are not ${JSON.stringify(address.slice(0, 60))}`, () => {
      expect(usable([address, at(1)])).to.deep.equal([at(1)]);
    });
  }

  it("are few, however many are named", () => {
    expect(usable(Array.from({ length: 1_000 }, (_, port) => at(port + 1)))).to.have.length(16);
    expect(usable([...Array.from({ length: 1_000 }, () => "x"), at(1)])).to.deep.equal([]);
  });
});
