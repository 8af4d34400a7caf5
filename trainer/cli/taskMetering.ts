/** A role's task in the metrics of its session; undefined without --metrics. */
import { tokenAt } from "../chain/contracts.ts";
import type { OpenedTask } from "../chain/openedTask.ts";
import { unitOf } from "../chain/tokenUnit.ts";
import { manifestCopy } from "../roles/manifestCopy.ts";
import { createTaskMetrics } from "../roles/taskMetrics.ts";
import type { TaskMetrics } from "../roles/taskMetrics.ts";
import type { Session } from "./session.ts";

export async function taskMetering(session: Session, opened: OpenedTask): Promise<TaskMetrics | undefined> {
  const { metrics } = session;
  if (metrics === undefined) return undefined;
  const deployment = await session.deployment();
  const [reward, stake] = await Promise.all([
    unitOf(tokenAt(opened.rules.rewardToken, deployment.provider)),
    unitOf(deployment.stakeToken),
  ]);
  const metering = createTaskMetrics(
    metrics,
    { deployment, sender: await session.sender(), opened },
    {
      decimals: { reward: reward.decimals, stake: stake.decimals },
      confirmations: session.confirmations,
    },
  );
  const kept = await manifestCopy(session.path("manifests"), opened.genesis.manifestId, opened.rules.parameters);
  if (kept?.differentialPrivacy !== undefined) metering.onPrivacy(kept.differentialPrivacy);
  return metering;
}
