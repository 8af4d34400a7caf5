import { Readable } from "node:stream";
import { expect } from "chai";
import type { JsonRpcProvider } from "ethers";
import { AnswerTooLong, RpcUnreachable, WrongNetwork } from "../../trainer/chain/chainErrors.ts";
import { connectRpc } from "../../trainer/chain/rpc.ts";
import type { RpcOptions } from "../../trainer/chain/rpc.ts";
import { aProxyOf, noFault } from "../support/faultyProxy.ts";
import type { Fault, FaultyProxy } from "../support/faultyProxy.ts";
import { useLocalChain } from "../support/localChain.ts";
import { rejection } from "../support/rejection.ts";

const KEY = "s3cretApiKey";
const WEB_PAGE = "<html><body>Welcome</body></html>";

describe("The RPC endpoint", () => {
  const chain = useLocalChain();
  let proxy: FaultyProxy;
  let url: string;
  let troubles: string[];
  const providers: JsonRpcProvider[] = [];

  beforeEach(async () => {
    proxy = await aProxyOf(chain().url);
    url = `${proxy.url}/v3/${KEY}?key=${KEY}`;
    troubles = [];
  });

  afterEach(async () => {
    for (const provider of providers.splice(0)) provider.destroy();
    await proxy.close();
  });

  async function connect(options: Partial<RpcOptions> = {}): Promise<JsonRpcProvider> {
    const onTrouble = (message: string) => troubles.push(message);
    const provider = await connectRpc({ url, retries: 3, onTrouble, ...options });
    providers.push(provider);
    return provider;
  }

  /** Misbehaves so often, and then no more. */
  function times(count: number, fault: Fault): Fault {
    return (exchange) => {
      if (--count <= 0) proxy.fault = noFault;
      return fault(exchange);
    };
  }

  it("answers like the node behind it", async () => {
    const provider = await connect({ chainId: 31_337n });
    expect(await provider.getBlockNumber()).to.equal(await chain().provider.getBlockNumber());
    expect(troubles).to.deep.equal([]);
  });

  const passing: Record<string, Fault> = {
    "a dropped connection": ({ drop }) => drop(),
    "a connection that breaks off in the middle of an answer": ({ response, drop }) => {
      response.writeHead(200, { "content-length": "1000" }).write('{"id":1,');
      setImmediate(drop);
    },
    "HTTP 503": ({ response }) => response.writeHead(503).end(WEB_PAGE),
    "HTTP 429": ({ answer }) => answer({ id: 1, error: { code: 429, message: "too many requests" } }, 429),
    "an answer that does not come": () => undefined,
  };

  for (const [name, fault] of Object.entries(passing)) {
    it(`says ${name} and tries again, when connecting and later`, async () => {
      proxy.fault = times(1, fault);
      const provider = await connect({ answerTimeoutMs: 300 });
      expect(troubles).to.have.length(1);
      proxy.fault = times(1, fault);
      expect(await provider.send("eth_chainId", [])).to.equal("0x7a69");
      expect(troubles).to.have.length(2);
      for (const trouble of troubles) {
        expect(trouble).to.match(/^http:\/\/127\.0\.0\.1:\d+ does not answer: .*\. Trying again in \d\.\d s\.$/);
      }
      expect(troubles.join()).not.to.include(KEY);
    });
  }

  it("says how long it waited for an answer that does not come", async () => {
    proxy.fault = () => undefined;
    const { message } = await rejection(connect({ answerTimeoutMs: 300, retries: 0 }), RpcUnreachable);
    expect(message).to.include("no answer in 0.3 s");
  });

  it("gives up after so many retries, and names the host but not the key in its address", async () => {
    proxy.fault = ({ drop }) => drop();
    const error = await rejection(connect({ retries: 2 }), RpcUnreachable);
    expect(proxy.methods).to.have.length(3);
    expect(troubles).to.have.length(2);
    expect(error.message).to.match(/^http:\/\/127\.0\.0\.1:\d+ does not answer: \w+.*Start the node.*--rpc/);
    expect(allTextOf(error)).not.to.include(KEY);
  });

  it("says that nobody listens", async () => {
    await proxy.close();
    const error = await rejection(connect({ retries: 0 }), RpcUnreachable);
    proxy = await aProxyOf(chain().url);
    expect(error.message).to.include("does not answer: ECONNREFUSED");
    expect(allTextOf(error)).not.to.include(KEY);
  });

  it("refuses another chain than the one asked for", async () => {
    const { message } = await rejection(connect({ chainId: 1n }), WrongNetwork);
    expect(message).to.match(/is chain 31337, not 1\. .*--rpc/);
  });

  const notNodes: Record<string, Fault> = {
    "a web page": ({ response }) => response.end(WEB_PAGE),
    "nothing at all": ({ response }) => response.end(),
    "JSON of its own": ({ answer }) => answer({ hello: "world" }),
    null: ({ answer }) => answer(null),
    "a text": ({ answer }) => answer("result"),
    "a list of nothing": ({ answer }) => answer([null]),
    "a result that is no chain": ({ answer }) => answer({ id: 1, result: { chain: 1 } }),
    "HTTP 404": ({ response }) => response.writeHead(404).end("not found"),
    "HTTP 401": ({ response }) => response.writeHead(401).end("no"),
  };

  for (const [name, fault] of Object.entries(notNodes)) {
    it(`takes what answers ${name} for no node, without trying again`, async () => {
      proxy.fault = fault;
      const error = await rejection(connect(), RpcUnreachable);
      expect(error.message).to.match(/^http:\/\/127\.0\.0\.1:\d+ .*answers?.*Check --rpc\.$/);
      expect(proxy.methods).to.have.length(1);
      expect(allTextOf(error)).not.to.include(KEY);
    });
  }

  it("tries again when a node that has answered gives a web page", async () => {
    const provider = await connect();
    proxy.fault = times(1, ({ response }) => response.end(WEB_PAGE));
    expect(await provider.send("eth_chainId", [])).to.equal("0x7a69");
    expect(troubles).to.have.length(1);
  });

  it("hands on the errors that a node gives with HTTP 400", async () => {
    const provider = await connect();
    proxy.fault = ({ requests: [request], answer }) =>
      answer({ id: request?.id, error: { code: -32_600, message: "ten blocks at most" } }, 400);
    const { message } = await rejection(provider.send("eth_getLogs", [{}]), Error);
    expect(message).to.include("ten blocks at most");
    expect(troubles).to.deep.equal([]);
  });

  it("asks one by one where a node takes no batches", async () => {
    const provider = await connect();
    proxy.fault = ({ requests, answer }) =>
      requests.length > 1 && answer({ id: null, error: { code: -32_600, message: "no batches" } });
    const accounts: unknown = await provider.send("eth_accounts", []);
    expect(await Promise.all([provider.send("eth_chainId", []), provider.send("eth_accounts", [])])).to.deep.equal([
      "0x7a69",
      accounts,
    ]);
  });

  it("does not take in an answer without end", async () => {
    const provider = await connect();
    let sent = 0;
    function* megabytes() {
      for (const spaces = Buffer.alloc(1024 * 1024, " "); ; sent++) yield spaces;
    }
    proxy.fault = ({ response }) => Readable.from(megabytes()).pipe(response);
    await rejection(provider.send("eth_chainId", []), AnswerTooLong);
    expect(sent).to.be.within(64, 80);
    expect(troubles).to.deep.equal([]);
  });

  it("stops waiting for an answer when it is aborted, with the reason given", async () => {
    const stop = new AbortController();
    const provider = await connect({ retries: Infinity, signal: stop.signal });
    const reason = new Error("enough");
    proxy.fault = () => stop.abort(reason);
    expect(await rejection(provider.send("eth_chainId", []), Error)).to.equal(reason);
  });

  it("stops trying again when it is aborted, with the reason given", async () => {
    const stop = new AbortController();
    const reason = new Error("enough");
    proxy.fault = ({ drop }) => drop();
    const connecting = connect({ retries: Infinity, signal: stop.signal, onTrouble: () => stop.abort(reason) });
    expect(await rejection(connecting, Error)).to.equal(reason);
    expect(proxy.methods).to.have.length(1);
  });

  it("sends a user and password that are in the address, and shows neither", async () => {
    url = url.replace("http://", "http://alice:p%40ss@");
    let authorization: unknown;
    proxy.fault = ({ headers, response }) => {
      ({ authorization } = headers);
      response.writeHead(401).end();
    };
    const error = await rejection(connect(), RpcUnreachable);
    expect(authorization).to.equal(`Basic ${Buffer.from("alice:p@ss").toString("base64")}`);
    expect(allTextOf(error)).not.to.match(/alice|p@ss|p%40ss/);
  });

  for (const address of [
    `htps//node.example/${KEY}`,
    KEY,
    `ws://u:${KEY}@node.example/${KEY}`,
    `node:${KEY}`,
    "http://",
    "",
  ]) {
    it(`refuses the address ${JSON.stringify(address)} without repeating what may be a key`, async () => {
      const error = await rejection(connect({ url: address }), RpcUnreachable);
      expect(error.message).to.match(/is no RPC address\. Give one like http:/);
      expect(allTextOf(error)).not.to.include(KEY);
    });
  }
});

/** All that a log could show of an error: its message and those of its causes. */
function allTextOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return [error.message, error.stack, error.cause === undefined ? "" : allTextOf(error.cause)].join("\n");
}
