import type { Plain, PlainDoc } from '../bson';
import { type Collection, patternOf } from '../catalog';
import type { Cost, Query } from '../find';
import { isWhole, planFor, type Scan } from '../plan';

/** An executed search. */
export interface Explained {
  readonly collection: Collection | undefined;
  readonly query: Query;
  readonly cost: Cost;
  readonly returned: number;
}

/** A plan and its costs in the form of MongoDB's `explain`. */
export function describePlan({ collection, query, cost, returned }: Explained): PlainDoc {
  return {
    queryPlanner: { winningPlan: collection ? stagesOf(collection, query) : { stage: 'EOF' } },
    executionStats: { nReturned: returned, totalKeysExamined: cost.keys, totalDocsExamined: cost.documents },
  };
}

function stagesOf(collection: Collection, { filter, sort }: Query): Plain {
  const { scans, residual } = planFor(collection, filter, sort);
  const stages = scans.map((scan) => stageOf(scan));
  return {
    stage: 'FETCH',
    filtered: residual !== undefined,
    inputStage: stages.length > 1 ? { stage: 'OR', inputStages: stages } : stages[0],
  };
}

function stageOf(scan: Scan): Plain {
  const { index, reverse, bounds, onlyOne, merged } = scan;
  if (isWhole(scan)) return { stage: 'COLLSCAN' };
  if (!index && onlyOne) return { stage: 'IDHACK' };
  const direction = reverse ? 'backward' : 'forward';
  const stage = {
    stage: 'IXSCAN',
    indexName: index?.name ?? '_id_',
    keyPattern: patternOf(index?.fields ?? ['_id']),
    direction,
    ranges: bounds.length,
  };
  return merged ? { stage: 'SORT_MERGE', inputStages: [stage] } : stage;
}
