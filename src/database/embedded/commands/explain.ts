import { type Doc, docOf, type Plain } from '../bson';
import type { Collection } from '../catalog';
import type { Cost, Query } from '../find';
import { planFor, type Source } from '../plan';

/** A search that was run, to be shown. */
export interface Explained {
  readonly namespace: string;
  readonly collection: Collection | undefined;
  readonly query: Query;
  readonly cost: Cost;
  readonly returned: number;
  readonly milliseconds: number;
}

/** A plan and its costs in the form of MongoDB's `explain`. */
export function describePlan({ namespace, collection, query, cost, returned, milliseconds }: Explained): Doc {
  const winningPlan = collection ? planStages(collection, query) : { stage: 'EOF' };
  return docOf({
    explainVersion: '1',
    queryPlanner: { namespace, winningPlan, rejectedPlans: [] },
    executionStats: {
      executionSuccess: true,
      nReturned: returned,
      executionTimeMillis: Math.round(milliseconds),
      totalKeysExamined: cost.keys,
      totalDocsExamined: cost.documents,
      executionStages: winningPlan,
    },
  });
}

function planStages(collection: Collection, query: Query): Plain {
  const { source, residual, sorted } = planFor(collection, query.filter, query.sort);
  const found = sourceStages(source, residual !== undefined);
  if (sorted || !query.sort) return found;
  const sortPattern = docOf(Object.fromEntries(query.sort.parts.map(({ field, descending }) => [field, descending ? -1 : 1])));
  return { stage: 'SORT', sortPattern, inputStage: found };
}

function sourceStages(source: Source, filtered: boolean): Plain {
  if (source.kind === 'collection') return { stage: 'COLLSCAN', direction: source.reverse ? 'backward' : 'forward' };
  if (source.kind === 'index' && !source.index && source.onlyOne) return { stage: 'IDHACK' };
  return { stage: 'FETCH', filtered, inputStage: scanStage(source) };
}

function scanStage(source: Source): Plain {
  if (source.kind === 'union') return { stage: 'OR', inputStages: source.sources.map(scanStage) };
  if (source.kind === 'collection') return { stage: 'COLLSCAN' };
  const { index, reverse, bounds, merged } = source;
  const scan = {
    stage: 'IXSCAN',
    keyPattern: index?.key ?? docOf({ _id: 1 }),
    indexName: index?.name ?? '_id_',
    isMultiKey: index?.multikey ?? false,
    isUnique: index?.unique ?? true,
    direction: reverse ? 'backward' : 'forward',
    ranges: bounds.length,
  };
  return merged ? { stage: 'SORT_MERGE', inputStages: [scan] } : scan;
}
