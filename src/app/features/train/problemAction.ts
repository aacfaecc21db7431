/** The one button a failure offers. Invariant: it does what its words say, and nothing that loses work. */
export interface ProblemAction {
  label: string;
  run: () => void;
}
