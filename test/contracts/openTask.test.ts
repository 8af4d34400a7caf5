import { expect } from "chai";
import {
  MAX_PROOF_GAS,
  PRIVACY_MODES,
  challengeGas,
  leastFraudFine,
  longestRound,
} from "../../trainer/chain/taskRules.ts";
import { SERVER_RULES } from "../../trainer/protocol/serverStep.ts";
import type { FeeToken } from "../../types/ethers-contracts/index.js";
import { permitOf } from "../support/permit.ts";
import { deployParts, ethers, GENESIS, networkHelpers, phaseOf, RULES, taskAt, TOKEN } from "../support/task.ts";
import type { Rules } from "../support/task.ts";

const PER_ROUND = RULES.dataPot + RULES.computePot + RULES.aggregatorPay + RULES.advanceTip;
const BUDGET = PER_ROUND * BigInt(RULES.rounds);
const LEAST_FINE = leastFraudFine({ ...RULES, serverRule: "FedAvg", privacy: "sealed" });

async function parts() {
  const deployed = await deployParts();
  const foedusAddress = await deployed.foedus.getAddress();
  const config = { ...RULES, sponsor: deployed.sponsor.address, rewardToken: await deployed.token.getAddress() };
  return { ...deployed, foedusAddress, config };
}

async function partsAndAllowance() {
  const deployed = await parts();
  await deployed.token.approve(deployed.foedusAddress, 2n ** 255n);
  return deployed;
}

describe("Foedus: openTask", () => {
  it("takes the whole budget, opens round 1 and says so", async () => {
    const { foedus, token, sponsor, config } = await networkHelpers.loadFixture(partsAndAllowance);
    const opening = await foedus.openTask(config, GENESIS);
    const address = await foedus.taskAt(1);
    expect(await foedus.isTask(address)).to.equal(true);
    expect(await foedus.taskCount()).to.equal(1n);
    await expect(opening).to.changeTokenBalances(ethers, token, [sponsor, address], [-BUDGET, BUDGET]);

    const [opened] = await foedus.queryFilter(foedus.filters.TaskOpened());
    expect([opened!.args.id, opened!.args.task, opened!.args.sponsor]).to.deep.equal([1n, address, sponsor.address]);
    expect(opened!.args.config.dataPot).to.equal(RULES.dataPot);
    expect(opened!.args.genesis.manifestId).to.equal(GENESIS.manifestId);

    const task = await taskAt(address);
    expect(await phaseOf(task)).to.equal("Entering");
    const [completed, closed, modelRoot, earned] = await task.progress();
    expect([completed, closed, modelRoot, earned]).to.deep.equal([0n, false, GENESIS.modelRoot, 0n]);
  });

  it("knows what rules cost before anybody pays", async () => {
    const { foedus, config } = await networkHelpers.loadFixture(parts);
    expect(await foedus.budgetOf(config)).to.equal(BUDGET);
  });

  it("names the shared parts", async () => {
    const { foedus, vault, court, maskCourt, registry, implementation, maskedImplementation } =
      await networkHelpers.loadFixture(parts);
    expect(await foedus.vault()).to.equal(await vault.getAddress());
    expect(await foedus.court()).to.equal(await court.getAddress());
    expect(await foedus.registry()).to.equal(await registry.getAddress());
    expect(await foedus.sealedTask()).to.equal(await implementation.getAddress());
    expect(await foedus.maskedTask()).to.equal(await maskedImplementation.getAddress());
    expect(await foedus.maskCourt()).to.equal(await maskCourt.getAddress());
  });

  it("numbers tasks from 1 and refuses unknown numbers", async () => {
    const { foedus, config } = await networkHelpers.loadFixture(partsAndAllowance);
    await foedus.openTask(config, GENESIS);
    await foedus.openTask(config, GENESIS);
    expect(await foedus.taskAt(1)).to.not.equal(await foedus.taskAt(2));
    for (const id of [0, 3]) {
      await expect(foedus.taskAt(id)).to.be.revertedWithCustomError(foedus, "UnknownTask").withArgs(id, 2);
    }
  });

  it("lets nobody be named sponsor by another", async () => {
    const { foedus, others, sponsor, config } = await networkHelpers.loadFixture(parts);
    await expect(foedus.connect(others[0]!).openTask(config, GENESIS))
      .to.be.revertedWithCustomError(foedus, "SponsorIsNotCaller")
      .withArgs(sponsor.address, others[0]!.address);
  });

  it("fails without allowance", async () => {
    const { foedus, token, config } = await networkHelpers.loadFixture(parts);
    await expect(foedus.openTask(config, GENESIS)).to.be.revertedWithCustomError(token, "ERC20InsufficientAllowance");
  });

  it("refuses an address without code as the reward token", async () => {
    const { foedus, others, config } = await networkHelpers.loadFixture(parts);
    await expect(foedus.openTask({ ...config, rewardToken: others[0]!.address }, GENESIS)).to.revert(ethers);
  });

  it("refuses a token of which less arrives than the budget", async () => {
    const { foedus, foedusAddress, config } = await networkHelpers.loadFixture(parts);
    const token = (await ethers.deployContract("FeeToken", [10n * BUDGET])) as unknown as FeeToken;
    await token.approve(foedusAddress, BUDGET);
    await expect(foedus.openTask({ ...config, rewardToken: await token.getAddress() }, GENESIS))
      .to.be.revertedWithCustomError(foedus, "BudgetNotReceived")
      .withArgs(BUDGET - BUDGET / 100n, BUDGET);
  });
});

describe("Foedus: openTaskWithPermit", () => {
  it("takes the budget by signature", async () => {
    const { foedus, foedusAddress, token, sponsor, config } = await networkHelpers.loadFixture(parts);
    const permit = await permitOf(token, sponsor, foedusAddress, BUDGET);
    await foedus.openTaskWithPermit(config, GENESIS, permit.deadline, permit.v, permit.r, permit.s);
    expect(await token.balanceOf(await foedus.taskAt(1))).to.equal(BUDGET);
  });

  it("is not stopped by somebody who sends the permit first", async () => {
    const { foedus, foedusAddress, token, sponsor, others, config } = await networkHelpers.loadFixture(parts);
    const { deadline, v, r, s } = await permitOf(token, sponsor, foedusAddress, BUDGET);
    await token.connect(others[0]!).permit(sponsor.address, foedusAddress, BUDGET, deadline, v, r, s);
    await foedus.openTaskWithPermit(config, GENESIS, deadline, v, r, s);
    expect(await token.balanceOf(await foedus.taskAt(1))).to.equal(BUDGET);
  });

  it("fails with a signature for less", async () => {
    const { foedus, foedusAddress, token, sponsor, config } = await networkHelpers.loadFixture(parts);
    const { deadline, v, r, s } = await permitOf(token, sponsor, foedusAddress, BUDGET - 1n);
    await expect(foedus.openTaskWithPermit(config, GENESIS, deadline, v, r, s))
      .to.be.revertedWithCustomError(token, "ERC20InsufficientAllowance")
      .withArgs(foedusAddress, 0, BUDGET);
  });
});

describe("Foedus: the rules of a task", () => {
  const DAY = 86_400;
  const outOfRange: [keyof Rules, number | bigint, number | bigint, number | bigint][] = [
    ["parameters", 0, 1, 1 << 30],
    ["parameters", (1 << 30) + 1, 1, 1 << 30],
    ["fractionBits", 0, 1, 30],
    ["fractionBits", 31, 1, 30],
    ["bound", 0, 1, 2 ** 31 - 1],
    ["bound", 2 ** 31, 1, 2 ** 31 - 1],
    ["maxTrainers", 0, 1, 256],
    ["maxTrainers", 257, 1, 256],
    ["minTrainers", 0, 1, 4],
    ["minTrainers", 5, 1, 4],
    ["minSummed", 0, 1, 2],
    ["minSummed", 3, 1, 2],
    ["maxWeight", 0, 1, 65_535],
    ["weightUnit", 0, 1, 2 ** 32 - 1],
    ["rounds", 0, 1, 1_000_000],
    ["rounds", 1_000_001, 1, 1_000_000],
    ["enterSeconds", 0, 1, 30 * DAY],
    ["commitSeconds", 0, 1, 30 * DAY],
    ["revealSeconds", 0, 1, 30 * DAY],
    ["attestSeconds", 0, 1, 30 * DAY],
    ["proposeSeconds", 1, 2, 30 * DAY],
    ["graceSeconds", 0, 1, 119],
    ["graceSeconds", 120, 1, 119],
    ["challengeSeconds", 0, 1, 30 * DAY],
    ["challengeSeconds", 30 * DAY + 1, 1, 30 * DAY],
    ["discloseSeconds", 0, 1, 6 * DAY],
    ["discloseSeconds", 6 * DAY + 1, 1, 6 * DAY],
    ["retentionSeconds", longestRound(RULES) - 1, longestRound(RULES), 2 ** 32 - 1],
    ["missFine", 2n ** 96n, 0, 2n ** 96n - 1n],
    ["fraudFine", 2n ** 96n, LEAST_FINE, 2n ** 96n - 1n],
    ["fraudFine", LEAST_FINE - 1n, LEAST_FINE, 2n ** 96n - 1n],
    ["minStake", 58n * TOKEN - 1n, 58n * TOKEN, 2n ** 104n - 1n],
    ["minStake", 2n ** 104n, 58n * TOKEN, 2n ** 104n - 1n],
    ["dataPot", 2n ** 96n, 0, 2n ** 96n - 1n],
    ["computePot", 2n ** 96n, 0, 2n ** 96n - 1n],
    ["aggregatorPay", 2n ** 96n, 0, 2n ** 96n - 1n],
    ["advanceTip", 2n ** 96n, 0, 2n ** 96n - 1n],
  ];
  for (const [field, value, min, max] of outOfRange) {
    it(`refuses ${field} = ${value}, saying that ${min} to ${max} would do`, async () => {
      const { foedus, config } = await networkHelpers.loadFixture(partsAndAllowance);
      await expect(foedus.openTask({ ...config, [field]: value }, GENESIS))
        .to.be.revertedWithCustomError(foedus, "FieldOutOfRange")
        .withArgs(field, value, min, max);
    });
  }

  const SERVER = { serverRule: 3, serverRate: 65_536, momentum: 58_982, secondMomentum: 64_881, adaptivity: 1_049 };
  const ADAGRAD = { ...SERVER, serverRule: 5, secondMomentum: 0 };
  const ofServer: [string, Partial<Rules>, keyof Rules, number, number][] = [
    ["FedAvg with a rate", { serverRate: 1 }, "serverRate", 0, 0],
    ["Uniform with a momentum", { serverRule: 1, momentum: 1 }, "momentum", 0, 0],
    ["FedAvgM without a rate", { serverRule: 2 }, "serverRate", 1, 1 << 20],
    ["FedAvgM with FedAdam's momentum", { ...SERVER, serverRule: 2 }, "secondMomentum", 0, 0],
    ["FedAdam beyond the largest rate", { ...SERVER, serverRate: (1 << 20) + 1 }, "serverRate", 1, 1 << 20],
    ["FedAdam without adaptivity", { ...SERVER, adaptivity: 0 }, "adaptivity", 1, 2 ** 31 - 1],
    ["FedYogi without a rate", { ...SERVER, serverRule: 4, serverRate: 0 }, "serverRate", 1, 1 << 20],
    ["FedYogi without adaptivity", { ...SERVER, serverRule: 4, adaptivity: 0 }, "adaptivity", 1, 2 ** 31 - 1],
    ["FedAdagrad with a second momentum", { ...SERVER, serverRule: 5 }, "secondMomentum", 0, 0],
    ["FedAdagrad without adaptivity", { ...ADAGRAD, adaptivity: 0 }, "adaptivity", 1, 2 ** 31 - 1],
  ];
  for (const [what, rules, field, min, max] of ofServer) {
    it(`refuses ${what}: ${field} must be ${min} to ${max}`, async () => {
      const { foedus, config } = await networkHelpers.loadFixture(partsAndAllowance);
      await expect(foedus.openTask({ ...config, ...rules }, GENESIS))
        .to.be.revertedWithCustomError(foedus, "FieldOutOfRange")
        .withArgs(field, rules[field] ?? 0, min, max);
    });
  }

  const MASKED = {
    ...{ privacy: 1, maxTrainers: 8, minTrainers: 6, minSummed: 6, shareThreshold: 6, cohorts: 1 },
    ...{ shareSeconds: 60, recoverSeconds: 60, blameSeconds: 90 },
  };
  /** Four cohorts of eight. */
  const COHORTS = { ...MASKED, maxTrainers: 32, cohorts: 4, bound: 1 << 18 };
  const ofPrivacy: [string, Partial<Rules>, keyof Rules, number, number][] = [
    ["a sealed task with a share threshold", { shareThreshold: 1 }, "shareThreshold", 0, 0],
    ["a sealed task with time to share", { shareSeconds: 1 }, "shareSeconds", 0, 0],
    ["a sealed task with time to recover", { recoverSeconds: 1 }, "recoverSeconds", 0, 0],
    ["a sealed task with time to blame", { blameSeconds: 1 }, "blameSeconds", 0, 0],
    ["a masked task of two", { ...MASKED, maxTrainers: 2 }, "maxTrainers", 3, 32],
    ["a masked task of 33", { ...MASKED, maxTrainers: 33 }, "maxTrainers", 3, 32],
    ["half a cohort as threshold", { ...MASKED, shareThreshold: 4 }, "shareThreshold", 5, 8],
    ["more than the cohort as threshold", { ...MASKED, shareThreshold: 9 }, "shareThreshold", 5, 8],
    ["fewer members than shares", { ...MASKED, minTrainers: 5 }, "minTrainers", 6, 8],
    ["two members", { ...MASKED, maxTrainers: 3, shareThreshold: 2, minTrainers: 2 }, "minTrainers", 3, 3],
    ["more members than seats", { ...MASKED, minTrainers: 9 }, "minTrainers", 6, 8],
    ["a masked task that would sum fewer", { ...MASKED, minSummed: 5 }, "minSummed", 6, 6],
    ["a masked task without time to share", { ...MASKED, shareSeconds: 0 }, "shareSeconds", 1, 30 * DAY],
    ["one without time to recover", { ...MASKED, recoverSeconds: 0 }, "recoverSeconds", 1, 30 * DAY],
    ["one that blames in two seconds", { ...MASKED, blameSeconds: 2 }, "blameSeconds", 3, 30 * DAY],
    ["a sealed task with a cohort", { cohorts: 1 }, "cohorts", 0, 0],
    ["a sealed task that trims what it weighs", { trim: 1 }, "trim", 0, 0],
    ["FedAvgM that trims", { serverRule: 2, serverRate: 1, trim: 1 }, "trim", 0, 0],
    ["Uniform that trims all of four", { serverRule: 1, trim: 2 }, "trim", 0, 1],
    ["Uniform that trims all of five", { serverRule: 1, trim: 3, maxTrainers: 5 }, "trim", 0, 2],
    ["Uniform that trims one of two", { serverRule: 1, trim: 1, maxTrainers: 2 }, "trim", 0, 0],
    ["a masked task without a cohort", { ...MASKED, cohorts: 0 }, "cohorts", 1, 8],
    ["a masked task of nine cohorts", { ...COHORTS, cohorts: 9, maxTrainers: 27 }, "cohorts", 1, 8],
    ["one cohort that trims", { ...MASKED, trim: 1 }, "trim", 0, 0],
    ["two cohorts that trim", { ...COHORTS, maxTrainers: 16, cohorts: 2, trim: 1 }, "trim", 0, 0],
    ["four cohorts that trim all of them", { ...COHORTS, trim: 2 }, "trim", 0, 1],
    ["cohorts of two", { ...COHORTS, maxTrainers: 8 }, "maxTrainers", 12, 128],
    ["cohorts of 33", { ...COHORTS, maxTrainers: 132 }, "maxTrainers", 12, 128],
    ["half a cohort of several as threshold", { ...COHORTS, shareThreshold: 4 }, "shareThreshold", 5, 8],
    ["more than one of several cohorts as threshold", { ...COHORTS, shareThreshold: 9 }, "shareThreshold", 5, 8],
    ["more members than a cohort of several has", { ...COHORTS, minTrainers: 9 }, "minTrainers", 6, 8],
    ["one that shares for ever", { ...MASKED, shareSeconds: 30 * DAY + 1 }, "shareSeconds", 1, 30 * DAY],
  ];
  for (const [what, rules, field, min, max] of ofPrivacy) {
    it(`refuses ${what}: ${field} must be ${min} to ${max}`, async () => {
      const { foedus, config } = await networkHelpers.loadFixture(partsAndAllowance);
      await expect(foedus.openTask({ ...config, ...rules }, GENESIS))
        .to.be.revertedWithCustomError(foedus, "FieldOutOfRange")
        .withArgs(field, rules[field] ?? 0, min, max);
    });
  }

  it("refuses cohorts that cannot all have the same number of seats", async () => {
    const { foedus, config } = await networkHelpers.loadFixture(partsAndAllowance);
    for (const maxTrainers of [31, 33, 30]) {
      await expect(foedus.openTask({ ...config, ...COHORTS, maxTrainers }, GENESIS))
        .to.be.revertedWithCustomError(foedus, "CohortsDiffer")
        .withArgs(maxTrainers, 4);
    }
    await foedus.openTask({ ...config, ...COHORTS, trim: 1 }, GENESIS);
  });

  it("refuses rules by which a wrong sum could not be proved in one transaction", async () => {
    const { foedus, config } = await networkHelpers.loadFixture(partsAndAllowance);
    const large = {
      ...config,
      ...COHORTS,
      maxTrainers: 128,
      parameters: 1_660_000,
      shareThreshold: 17,
      bound: 1 << 16,
    };
    const gasAt = (minTrainers: number) =>
      challengeGas({ ...large, minTrainers, serverRule: "FedAvg", privacy: "masked" });
    let least = 32;
    while (gasAt(least - 1) <= MAX_PROOF_GAS) least--;
    await expect(foedus.openTask({ ...large, minTrainers: least - 1, minSummed: least - 1 }, GENESIS))
      .to.be.revertedWithCustomError(foedus, "ProofTooDear")
      .withArgs(gasAt(least - 1), MAX_PROOF_GAS);
    await foedus.openTask({ ...large, minTrainers: least, minSummed: least }, GENESIS);
  });

  it("refuses to rank more updates than one transaction can", async () => {
    const { foedus, config } = await networkHelpers.loadFixture(partsAndAllowance);
    const ranked = { ...config, serverRule: 1, trim: 1, maxWeight: 1 };
    const gasAt = (size: { maxTrainers: number; parameters: number }) =>
      challengeGas({ ...ranked, ...size, serverRule: "Uniform", privacy: "sealed" });
    for (const parameters of [32, 1_663_370]) {
      let most = 3;
      while (gasAt({ maxTrainers: most + 1, parameters }) <= MAX_PROOF_GAS) most++;
      const above = { maxTrainers: most + 1, parameters };
      await expect(foedus.openTask({ ...ranked, ...above }, GENESIS))
        .to.be.revertedWithCustomError(foedus, "ProofTooDear")
        .withArgs(gasAt(above), MAX_PROOF_GAS);
      // Added up, as many are cheap.
      await foedus.openTask({ ...ranked, ...above, trim: 0 }, GENESIS);
      await foedus.openTask({ ...ranked, maxTrainers: most, parameters, trim: Math.floor((most - 1) / 2) }, GENESIS);
    }
  });

  it("gives each task the code of its kind", async () => {
    const { foedus, config } = await networkHelpers.loadFixture(partsAndAllowance);
    await foedus.openTask(config, GENESIS);
    await foedus.openTask({ ...config, ...MASKED }, GENESIS);
    for (const [id, code] of [
      [1, await foedus.sealedTask()],
      [2, await foedus.maskedTask()],
    ] as const) {
      expect(await ethers.provider.getCode(await foedus.taskAt(id))).to.include(code.slice(2).toLowerCase());
    }
  });

  it("counts the steps of masked rounds to the longest", async () => {
    const { foedus, config } = await networkHelpers.loadFixture(partsAndAllowance);
    const rules = { ...config, ...MASKED };
    const longest = longestRound(rules);
    await foedus.openTask({ ...rules, retentionSeconds: longest }, GENESIS);
    expect(await (await taskAt(await foedus.taskAt(1))).thawSeconds()).to.equal(longest);
    await expect(foedus.openTask({ ...rules, retentionSeconds: longest - 1 }, GENESIS))
      .to.be.revertedWithCustomError(foedus, "FieldOutOfRange")
      .withArgs("retentionSeconds", longest - 1, longest, 2 ** 32 - 1);
  });

  it("takes every server rule, with what it uses", async () => {
    const { foedus, config } = await networkHelpers.loadFixture(partsAndAllowance);
    const { serverRate, momentum } = SERVER;
    const yogi = { ...SERVER, serverRule: 4 };
    const trimmed = { serverRule: 1, trim: 1 };
    for (const rules of [{}, trimmed, { serverRule: 2, serverRate, momentum }, SERVER, yogi, ADAGRAD]) {
      await foedus.openTask({ ...config, ...rules }, GENESIS);
    }
    expect(await foedus.taskCount()).to.equal(BigInt(SERVER_RULES.length));
    await expect(foedus.openTask({ ...config, serverRule: SERVER_RULES.length }, GENESIS)).to.revert(ethers);
  });

  it("takes the least fraudFine for tasks of any size: bots calculate it as the contract does", async () => {
    const { foedus, config } = await networkHelpers.loadFixture(partsAndAllowance);
    const { serverRate, momentum } = SERVER;
    const [adam, heavyBall] = [SERVER, { serverRule: 2, serverRate, momentum }];
    for (const size of [
      { parameters: 1, maxTrainers: 3, maxWeight: 1 },
      { parameters: 1_660_000, maxTrainers: 256, maxWeight: 1 },
      { parameters: 1 << 30, maxTrainers: 100, maxWeight: 1 },
      { parameters: 1_660_000, maxTrainers: 2, maxWeight: 1, ...adam },
      { parameters: 1 << 30, maxTrainers: 2, maxWeight: 1, ...heavyBall },
      { parameters: 1_660_000, maxTrainers: 2, maxWeight: 1, ...ADAGRAD },
      { parameters: 1_660_000, maxTrainers: 3, maxWeight: 1, serverRule: 1, trim: 1 },
      { parameters: 1, maxTrainers: 64, maxWeight: 1, serverRule: 1, trim: 31 },
      MASKED,
      { ...MASKED, parameters: 1, maxTrainers: 3, minTrainers: 3, shareThreshold: 2 },
      { ...MASKED, parameters: 1_660_000, maxTrainers: 32, minTrainers: 17, shareThreshold: 17 },
      { ...MASKED, parameters: 1 << 30, maxTrainers: 32, minTrainers: 32, shareThreshold: 22 },
      { ...MASKED, parameters: 1 << 30, maxTrainers: 3, minTrainers: 3, shareThreshold: 2, ...adam },
      COHORTS,
      {
        ...COHORTS,
        trim: 1,
        parameters: 1_660_000,
        maxTrainers: 128,
        minTrainers: 32,
        shareThreshold: 22,
        bound: 1 << 16,
      },
      { ...COHORTS, cohorts: 8, trim: 3, maxTrainers: 24, minTrainers: 3, shareThreshold: 2 },
    ]) {
      const { minTrainers: minSummed } = { ...config, ...size };
      const rules = { ...config, ...size, minSummed };
      const least = leastFraudFine({
        ...rules,
        serverRule: SERVER_RULES[rules.serverRule]!,
        privacy: PRIVACY_MODES[rules.privacy]!,
      });
      await foedus.openTask({ ...rules, fraudFine: least }, GENESIS);
      await expect(foedus.openTask({ ...rules, fraudFine: least - 1n }, GENESIS))
        .to.be.revertedWithCustomError(foedus, "FieldOutOfRange")
        .withArgs("fraudFine", least - 1n, least, 2n ** 96n - 1n);
    }
  });

  it("refuses a sum that could leave 32 bits, to the last unit", async () => {
    const { foedus, config } = await networkHelpers.loadFixture(partsAndAllowance);
    const atLimit = { ...config, maxTrainers: 64, maxWeight: 32, bound: 1 << 20 };
    await expect(foedus.openTask(atLimit, GENESIS))
      .to.be.revertedWithCustomError(foedus, "SumCouldOverflow")
      .withArgs(2 ** 31, 2 ** 31);
    await foedus.openTask({ ...atLimit, bound: (1 << 20) - 1 }, GENESIS);
  });

  it("counts all updates in it, or with trimming those of a cohort, or the cohorts' means", async () => {
    const { foedus, config } = await networkHelpers.loadFixture(partsAndAllowance);
    const masked = { ...config, ...COHORTS, bound: 1 << 20 };
    for (const [rules, most] of [
      [{ trim: 0, maxWeight: 64 }, 32 * 64],
      [{ trim: 1, maxWeight: 256 }, 8 * 256],
      [{ trim: 1, maxWeight: 1, maxTrainers: 12, shareThreshold: 2, minTrainers: 3, minSummed: 3, bound: 1 << 29 }, 4],
    ] as const) {
      const atLimit = { ...masked, ...rules };
      expect(most * atLimit.bound).to.equal(2 ** 31);
      await expect(foedus.openTask(atLimit, GENESIS))
        .to.be.revertedWithCustomError(foedus, "SumCouldOverflow")
        .withArgs(2 ** 31, 2 ** 31);
      await foedus.openTask({ ...atLimit, bound: atLimit.bound - 1 }, GENESIS);
    }
  });

  it("keeps them: the clone reads every field back", async () => {
    const { foedus, config } = await networkHelpers.loadFixture(partsAndAllowance);
    await foedus.openTask(config, GENESIS);
    const task = await taskAt(await foedus.taskAt(1));
    const read = await task.config();
    for (const [field, value] of Object.entries(config)) {
      expect(read[field as keyof typeof config], field).to.equal(typeof value === "number" ? BigInt(value) : value);
    }
    expect(read).to.have.length(Object.keys(config).length);
  });
});
