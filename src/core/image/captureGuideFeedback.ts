/**
 * What can be said to somebody who takes photos for a splat, as a closed set. Several may hold at once.
 * Invariant: listed by urgency; a stop holds the automatic shutter, a warning goes with a photo that is worse than it could be, a hint is
 * about what to do next.
 */
export const feedbackKinds = {
  'too-dark': 'stop',
  'moving-too-fast': 'warning',
  blurry: 'warning',
  'low-light': 'warning',
  'too-bright': 'warning',
  'too-plain': 'warning',
  'too-similar': 'hint',
  good: 'good',
} as const;

export type Feedback = keyof typeof feedbackKinds;
export type FeedbackKind = (typeof feedbackKinds)[Feedback];

/** All of them, the most urgent first. */
export const feedbacks = Object.keys(feedbackKinds) as Feedback[];
