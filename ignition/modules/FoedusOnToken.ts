import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import { deployFoedus } from "./deployFoedus.ts";

/** A network where the token to stake with exists already: parameter `stakeToken`, its address. */
export default buildModule("FoedusOnToken", (m) => {
  const stakeToken = m.contractAt("FoedusToken", m.getParameter("stakeToken"));
  return { ...deployFoedus(m, stakeToken), stakeToken };
});
