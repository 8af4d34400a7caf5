import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import { deployFoedus } from "./deployFoedus.ts";

const SUPPLY = 1_000_000_000n * 10n ** 18n;

/** A network of its own: deploys FoedusToken to the first account and stakes with it. */
export default buildModule("Foedus", (m) => {
  const stakeToken = m.contract("FoedusToken", [m.getParameter("supply", SUPPLY), m.getAccount(0)]);
  return { ...deployFoedus(m, stakeToken), stakeToken };
});
