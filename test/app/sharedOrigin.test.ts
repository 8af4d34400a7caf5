import { expect } from "chai";
import { sharedOrigin } from "../../app/sharedOrigin.ts";

const CID = "bafybeiazofbk7qtwrgvkkftwjy5gz4v54vor5aihxfhmq5tw5cfrbmr5e4";
const at = (text: string) => sharedOrigin(new URL(text));

describe("The origin of a page", () => {
  it("is its own at any address that is no gateway's path", () => {
    for (const own of [`http://${CID}.ipfs.localhost:8080/#/tasks`, "http://127.0.0.1:4180/", "https://x.org/page/"]) {
      expect(at(own), own).to.equal(undefined);
    }
  });

  it("is shared behind a gateway's paths, and its own is known on this machine", () => {
    const own = `http://${CID}.ipfs.localhost:8080/#/task/3`;
    expect(at(`http://127.0.0.1:8080/ipfs/${CID}/#/task/3`)).to.deep.equal({ own });
    expect(at(`http://localhost/ipfs/${CID}/`)).to.deep.equal({ own: `http://${CID}.ipfs.localhost/` });
    expect(at(`https://gateway.example/ipfs/${CID}/`)).to.deep.equal({});
  });

  it("names no address for what does not fit into a host's name", () => {
    for (const odd of ["QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG", "a.evil.example", CID.repeat(2)]) {
      expect(at(`http://127.0.0.1:8080/ipfs/${odd}/`), odd).to.deep.equal({});
    }
  });
});
