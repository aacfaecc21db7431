/**
 * The named schemas of the OpenAPI document: those that the routes check requests with and the page checks answers with.
 * Invariant: each of ours is typed by the type that its route answers with.
 */
import * as z from 'zod';
import * as account from '../../src/core/job/cloudAccountSchema.ts';
import * as contract from '../../src/core/job/cloudSchema.ts';
import type { OEmbedAnswer } from '../../src/core/job/embedHtml.ts';
import * as projects from '../../src/core/job/cloudProjectsSchema.ts';
import * as shares from '../../src/core/job/cloudSharesSchema.ts';
import * as trainer from '../../src/core/job/trainerSchema.ts';
import { killSwitchRequest } from '../routes/admin.ts';
import { retryRequest } from '../routes/jobs.ts';
import { webhookRequest } from '../routes/ownerWebhook.ts';
import { byEndpoint, subscription } from '../routes/push.ts';
import { adminSchemas } from './adminSchemas.ts';
import { identitySchemas } from './identitySchemas.ts';

const oembed: z.ZodType<OEmbedAnswer> = z.object({
  version: z.literal('1.0'),
  type: z.literal('rich'),
  title: z.string(),
  html: z.string(),
  width: z.number(),
  height: z.number(),
  thumbnail_url: z.exactOptional(z.string()),
  thumbnail_width: z.exactOptional(z.number()),
  thumbnail_height: z.exactOptional(z.number()),
  provider_name: z.exactOptional(z.string()),
  provider_url: z.exactOptional(z.string()),
  author_name: z.exactOptional(z.string()),
  author_url: z.exactOptional(z.string()),
});

export const schemas = {
  Refusal: contract.refusal,
  Health: contract.health,
  EstimateRequest: contract.estimateRequest,
  Estimate: contract.estimate,
  UploadRequest: contract.uploadRequest,
  UploadSession: contract.uploadSession,
  UploadCompleted: contract.uploadCompleted,
  SimpleUploadAnswer: projects.simpleUploadAnswer,
  ProcessRequest: contract.processRequest,
  ProcessAnswer: contract.processAnswer,
  RetryRequest: retryRequest,
  JobState: z.object({ state: z.enum(['queued', 'running', 'completed', 'failed', 'cancelled']) }),
  JobStatus: contract.jobStatus,
  JobEvent: contract.jobEvent,
  Failure: contract.failure,
  Project: projects.cloudProject,
  ProjectList: projects.projectList,
  ProjectChange: projects.projectChange,
  ShareRequest: shares.shareRequest,
  NewShare: shares.newShare,
  ShareList: shares.shareList,
  OEmbed: oembed,
  PushKey: contract.pushKey,
  PushSubscription: subscription,
  PushEndpoint: byEndpoint,
  WebhookRequest: webhookRequest,
  NewWebhook: account.newWebhook,
  Webhook: account.webhook,
  DeliveryList: account.deliveryList,
  ...identitySchemas,
  PullRequest: trainer.pullRequest,
  PullAnswer: trainer.pullAnswer,
  TrainSpec: trainer.trainSpec,
  ClaimRequest: trainer.claimRequest,
  ClaimAnswer: trainer.claimAnswer,
  Manifest: trainer.manifest,
  EventsRequest: trainer.eventsRequest,
  EventsAnswer: trainer.eventsAnswer,
  OutputsRequest: trainer.outputsRequest,
  OutputsAnswer: trainer.outputsAnswer,
  CompleteRequest: trainer.completeRequest,
  FailRequest: trainer.failRequest,
  FailAnswer: trainer.failAnswer,
  Nothing: z.object({}),
  KillSwitch: killSwitchRequest,
  ...adminSchemas,
} satisfies Record<string, z.ZodType>;

export type SchemaName = keyof typeof schemas;
