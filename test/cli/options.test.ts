import { expect } from "chai";
import { InvalidArgumentError } from "commander";
import { endpoint } from "../../trainer/cli/options.ts";

describe("Where metrics are served", () => {
  it("is a port of loopback, or host and port", () => {
    expect(endpoint("9464")).to.deep.equal({ host: "127.0.0.1", port: 9464 });
    expect(endpoint("0.0.0.0:9464")).to.deep.equal({ host: "0.0.0.0", port: 9464 });
    expect(endpoint("[::1]:0")).to.deep.equal({ host: "::1", port: 0 });
    expect(endpoint("my-host.example:65535")).to.deep.equal({ host: "my-host.example", port: 65_535 });
  });

  for (const text of ["70000", "http://127.0.0.1:1", "here:", "9464/metrics", "-1", "", " 1", "1e3", "::1:9464"]) {
    it(`is not ${JSON.stringify(text)}`, () => {
      expect(() => endpoint(text)).to.throw(InvalidArgumentError, "like 9464, or host:port");
    });
  }
});
