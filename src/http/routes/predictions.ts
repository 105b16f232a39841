// The prediction of a launch.

import type { Experiment } from '../../chaos/experiment.ts';
import { drawSeed } from '../../process/chunks.ts';
import type { App, RouteContext } from '../context.ts';
import * as wire from '../contract.ts';
import { describeLaunch, parseLaunch } from '../launch-body.ts';
import { route } from '../route.ts';

export function predictionRoutes(api: App, context: RouteContext): void {
  const { bus, analysis } = context;
  api.post(
    '/process-batches/preview',
    route('launching', 'Predict a launch, process by process', wire.previewSchema, {
      description:
        'Takes the body of a launch and launches nothing. The prediction assumes no interruption and no operator. It is exact where the path of a process follows from its chaos alone; otherwise it gives expectations and says so.',
      body: describeLaunch(context),
      unchecked_body: true,
    }),
    async (request) => {
      const began_ms = bus.env.monotonicMs();
      const { definition, input, count, behavior, seed, policy, experiment } = parseLaunch(request.body, context);
      const launch = {
        seed: seed ?? drawSeed(bus),
        count,
        first_ordinal: 0,
        behavior: behavior ?? null,
        scope_pct: ((experiment ?? {}) as Experiment).scope_pct ?? null,
        max_attempts: policy?.max_attempts ?? definition.policy?.max_attempts ?? bus.settings().retry.max_attempts,
      };
      const { type: process_type, version: process_version } = definition;
      const predicted = await analysis.predict({ process_type, process_version, input, launch });
      return { seed: launch.seed, ...predicted, duration_ms: bus.env.monotonicMs() - began_ms };
    },
  );
}
