/** 任务文件有误时的中文文字。 */
import type { z } from "zod";
import { zhCN } from "zod/locales";
import { zh as open } from "../open/zh.ts";
import type { FaultWords } from "./words.ts";

export const zh: FaultWords = {
  builtIn: (issue) => plainly(issue) ?? others(issue),
  sentences: {
    noAmount: () => '必须是以文本书写的代币数量，例如 "12.5"',
    noAddress: () => "必须是地址：0x 加 40 位十六进制数字",
    tooManyDigits: ({ field, amount, decimals }) => `${field} 为 ${amount}，但该代币小数点后只有 ${decimals} 位。`,
    minAboveSeats: ({ seats, isOfCohort }) =>
      isOfCohort ? `最多为 ${seats}，即每组的席位数` : `不能超过最多训练者数 ${seats}`,
    graceTooLong: ({ propose }) => `必须短于“提出模型”的 ${propose} 秒：这是其中属于被抽中的聚合者的部分`,
    stakeTooSmall: ({ needed }) => `必须足以支付一次欺诈罚金和两次错过期限的罚金：至少 ${needed}`,
    retentionTooShort: ({ longest, windows, held, disclose }) =>
      `不能短于最长的一轮，即 ${longest} 秒：` +
      `${windows.map((name) => open.fields[`seconds.${name}`]).join("、")}，以及 ${held} 次公开数据块（每次 ${disclose} 秒）`,
    gasPriceTooHigh: ({ most }) => `最多为 ${most}`,
    fraudFineTooSmall: ({ least, gasPrice }) =>
      `至少为 ${least}：其中五分之二归证实欺诈者所有，按 gas 价格 ${gasPrice} 须足以支付最贵证明所需 gas 的两倍`,

    onlyMasked: () => "仅用于掩码任务：请删除，或将隐私设为“掩码”",
    seatsOutOfRange: ({ least, most, cohorts, fewestSeats, mostSeats }) =>
      `${cohorts === 1 ? "掩码任务" : `分 ${cohorts} 组时`}必须在 ${least} 到 ${most} 之间：每组有 ${fewestSeats} 到 ` +
      `${mostSeats} 个席位，因为组内人人互相分享秘密。请修改它或分组数；密封任务最多有 256 个席位`,
    seatsUneven: ({ cohorts, fewer, more }) =>
      `必须是分组数 ${cohorts} 的倍数，因为各组席位数相同：可用 ${fewer} 或 ${more}`,
    thresholdOutOfRange: ({ majority, seats, cohorts }) =>
      `${cohorts === 1 ? "共" : "每组"} ${seats} 个席位时必须在 ${majority} 到 ${seats} 之间：任意两个这样大小的集合必须有共同的训练者`,
    tooFewMasked: ({ least }) => `掩码任务中至少为 ${least}：两个更新之和会让双方看到彼此的更新`,
    belowThreshold: ({ threshold, lower }) =>
      `不能小于重建秘密所需的份额 ${threshold}：训练者太少，就无法重建离开者带走的秘密。请增大` +
      (lower === undefined ? "" : `，或将份额设为 ${lower}`),
    proofTooDear: ({ min, fewer, seats, gas, mostGas }) =>
      `至少为 ${min}，或减少分组，即 ${fewer} 组、每组 ${seats} 个席位：要去除的掩码太多，证明一个错误的和可能需要 ` +
      `${gas} gas，而一笔交易最多 ${mostGas}`,
    trimUnused: () => "仅用于截尾均值：请删除，或将规则设为截尾均值",
    tooFewCohorts: ({ least }) => `至少需要 ${least} 组：请将分组数设为 ${least}，或将规则设为所有更新的均值`,
    trimOutOfRange: ({ most, cohorts }) => `分 ${cohorts} 组时必须在 1 到 ${most} 之间：两端各舍去这么多，还须剩下一个`,

    featuresDiffer: ({ inputs, features }) => `网络每行接受 ${inputs} 个特征，数据有 ${features} 个`,
    needsRegression: () => "数据要估计的是一个数：请为网络设置 regression，而不是 classes",
    classesDiffer: ({ classes, ofData }) =>
      `${classes === undefined ? "网络估计一个数" : `网络有 ${classes} 个类别`}，数据有 ${ofData} 个类别`,
    freezesWrongLayers: ({ layers }) => `必须是第 1 到 ${layers} 层中的若干层，每层一次，并至少留一层学习`,
    onlyForClasses: () => "仅用于区分类别的网络，而此网络估计一个数：请删除",

    rateOutOfRange: ({ least, most }) => `服务器的学习率必须在 ${least} 到 ${most} 之间`,
    adaptivityOutOfRange: ({ least, most, fractionBits }) =>
      `小数位数为 ${fractionBits} 比特时必须在 ${least} 到 ${most} 之间`,
    needsSingleUpdates: ({ strategy }) =>
      `${strategy} 比较单个更新，而掩码任务中无人能读取单个更新：请将隐私设为“密封”，或用 "CoordinateMedian" ` +
      `或 "TrimmedMean" 比较各组均值`,
    needsCohorts: ({ strategy }) =>
      `${strategy} 逐个数比较更新，而掩码任务中只能比较各组均值：请将分组数设为至少 3，或将隐私设为“密封”`,
    comparedTwice: ({ strategy, rule }) =>
      `${strategy} 规定了如何比较各组均值，cohorts.rule（"${rule}"）也规定了：请删除其一`,
    followsMean: ({ strategy, rule }) =>
      `${strategy} 逐个模型地跟踪所有更新的均值，而 cohorts.rule（"${rule}"）会舍去一部分：请将 cohorts.rule 设为 "mean"，` +
      "或换用其他策略",
    unknownStrategy: ({ names }) => `必须是以下之一：${names.join("、")}`,
    wrongSettings: ({ strategy, problems }) => `${strategy} 的设置有误：\n${problems}`,
    needsOtherSteps: ({ strategy, optimizer, schedule, optimizers }) =>
      `${strategy} 不适用于优化器 ${optimizer} 加 ${schedule} 学习率计划。请将 training.optimizer 设为 ` +
      `${optimizers.map((each) => `"${each}"`).join(" 或 ")}，将 training.schedule 设为 "constant"。`,
    toldOfTooFew: ({ trainers, max }) =>
      `SCAFFOLD 的设置称总共有 ${trainers} 个训练者，但一轮最多有 ${max} 个。请增大其设置 "trainers"。`,
    tooFewForLiars: ({ strategy, liars, needed, min }) =>
      `${strategy} 要在至少 ${needed} 个更新中找出 ${liars} 个说谎者，而一轮可能只有 ${min} 个。请将最少训练者设为 ` +
      `${needed}，或减小其设置 "liars"。`,
    nothingLeft: ({ trim, min, needed }) =>
      `TrimmedMean 在两端各舍去 ${trim} 个更新，${min} 个更新将所剩无几。请将最少训练者设为至少 ${needed}，` +
      `或减小其设置 "trim"。`,
    keepsTooMany: ({ keep, honest, min }) =>
      `MultiKrum 保留 ${keep} 个更新，但 ${min} 个中只有 ${honest} 个必定诚实。请将其设置 "keep" 设为最多 ${honest}，` +
      "或增大最少训练者。",
    clipsNoisy: () =>
      "NormClipping 舍去过长的更新，而噪声会使更新变长；clipNorm 已限制每个更新：请删除两者之一，或选择其他策略",

    maskedCompression: () => '掩码更新中的每个数都是随机的，不能省去任何一个：请删除 "compression"，或将隐私设为“密封”',
    noisyCompression: () => "differentialPrivacy 要求每个数都带噪声，而被省去或舍入的数噪声会不同：请删除两者之一",
    needsShare: () => "说明保留多少，例如 0.01：请填写",
    needsKeep: () => '说明保留哪些："largest" 或 "random"',
    compressesNothing: () => '必须是 8、4 或 1；或填写 keep 和 share，或删除 "compression"',
    ranksKept: () =>
      "该策略对每个数的各个更新排序；若每个更新只保留少数几个数，它们都会作为最大或最小值被舍去：请删除 keep 和 share",
    clipsCompressed: () => "NormClipping 舍去过长的更新，而压缩时省去的部分会使下一个更新变长：请删除两者之一",

    imageTooSmall: () => "每个卷积都会使图像减半，最终将一无所剩。请减少卷积。",
    needsOneHead: () => "网络要么区分类别，要么估计一个数。请只填写 classes 或 regression 之一。",
    tooManyParameters: ({ most }) => `网络的参数超过 ${most} 个。请缩窄各层。`,
    needsMean: () => "空单元格应取均值，但没有给出均值。请填写。",
    featureTwice: () => "有一个特征列出了两次。",
    tooManyFeatures: ({ most }) => `这些列会产生超过 ${most} 个特征。请减少列或值。`,
    needsLabelOrTarget: () => "请填写标签列及其类别，或填写 target。",
    learnsFeature: () => "要学习的列也在特征之中。",
    classTwice: () => "有一个类别列出了两次。",
    noFolderName: () => "类别是文件夹的名称：不含斜杠，不以点开头。",

    epsilonTooSmall: ({ first }) => `至少为 ${first}，即第一轮的消耗；或增大 noiseMultiplier`,
    tooManyColluders: ({ minSummed }) =>
      `differentialPrivacy.colluders 必须小于 ${minSummed}，即一个和中最少的更新数：总要有人添加噪声。`,
    noiseTooCoarse: ({ sigma, least }) =>
      `每个训练者噪声的标准差只有 ${sigma} 个最小单位，过于粗糙：请增大 fixedPoint.fractionBits，使其至少为 ${least}。`,
    noiseDoesNotFit: ({ clip, needed, clipNorm, sigmas, sigma, noiseMultiplier, weight, trainers, fits }) =>
      `fixedPoint.clip 为 ${clip}，但每个数需要能达到 ${needed}：differentialPrivacy.clipNorm ${clipNorm}，加上每个训练者噪声的 ` +
      `${sigmas} 个标准差，每个 ${sigma}（noiseMultiplier ${noiseMultiplier} × 权重 ${weight} × clipNorm / ` +
      `sqrt(${trainers} 个训练者)）。${anyOf(fits)}` +
      (weight > 1 ? '使用策略 "FedAvg" 且 "weighted" 为 false 时，权重不起作用。' : ""),
    sumCouldOverflow: ({ largest, limit, maxTrainers, maxWeight, clip, fractionBits, trim, cohorts, fits }) =>
      `和可能达到 ${largest}，但必须小于 ${limit}：maxTrainers ${maxTrainers} × maxWeight ${maxWeight} × clip ${clip} × ` +
      `2^${fractionBits}${trim === 0 ? "" : `（${cohorts} 组各自的和，或其均值之和）`}。${anyOf(fits)}`,
    onlyZero: ({ clip, fractionBits }) =>
      `截断值 ${clip} 加 ${fractionBits} 位小数只能表示零。请增大截断值，或增加小数位数。`,
    lanesTooLarge: ({ clip, fractionBits, bound, mostClip }) =>
      `截断值 ${clip} 加 ${fractionBits} 位小数需要能达到 ${bound} 的数，超过 2^31。请将截断值设为最多 ${mostClip}，` +
      "或减少小数位数。",
  },
};

const { localeError: others } = zhCN();

const TYPES: Readonly<Record<string, string>> = {
  int: "整数",
  number: "数字",
  string: "文本",
  array: "列表",
  object: "对象",
};

/** 表单中最常见的错误；zod 自己的说法对此不够通顺。 */
function plainly(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === "invalid_type") {
    if (issue.input === undefined) return "请填写";
    const type = TYPES[issue.expected];
    return type === undefined ? undefined : `必须是${type}`;
  }
  const isNumber = issue["origin"] === "number" || issue["origin"] === "int";
  if (isNumber && issue.code === "too_small") return `${issue.inclusive ? "至少为" : "必须大于"} ${issue.minimum}`;
  if (isNumber && issue.code === "too_big") return `${issue.inclusive ? "最多为" : "必须小于"} ${issue.maximum}`;
  return undefined;
}

/** 单独改动其一即可的数值。 */
function anyOf(fits: readonly string[]): string {
  return fits.length === 0 ? "请降低其中几项。" : `改为以下任意一项即可：${fits.join("、")}。`;
}
