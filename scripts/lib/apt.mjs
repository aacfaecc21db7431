/**
 * The system's packages, where they can be installed without asking: on Debian and its children, as root.
 * Invariant: nothing is installed for anybody else; they are told what to run.
 */
import { existsSync, readFileSync } from 'node:fs';

/** Debian and its children: their package manager is apt. */
export function isDebian() {
  if (!existsSync('/etc/debian_version') || !existsSync('/etc/os-release')) return false;
  return /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(readFileSync('/etc/os-release', 'utf8'));
}

export const isRoot = () => process.getuid?.() === 0;

/**
 * @param {string[]} packages
 * @returns {string[][]} arguments of apt-get, one list per call
 */
export const aptSteps = (...packages) => [
  ['update', '-qq'],
  ['install', '-y', '-qq', ...packages],
];

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {NodeJS.ProcessEnv} the same, for an apt-get that asks nothing
 */
export const aptEnv = (env) => ({ ...env, DEBIAN_FRONTEND: 'noninteractive' });
