/**
 * Plain scalars as Kubernetes reads them, and with it kubectl and istioctl: by the words of YAML 1.1 (`yes` and `on` are true,
 * `010` is 8), without its dates and numbers to base 60, which stay text.
 *
 * @see sigs.k8s.io/yaml, go-yaml v2
 */
import type { ParseOptions, ScalarTag, SchemaOptions, Tags } from 'yaml';

const boolean: ScalarTag = {
  tag: 'tag:yaml.org,2002:bool',
  default: true,
  test: /^(?:y|Y|yes|Yes|YES|n|N|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/,
  resolve: (text) => /^(?:y|on|t)/i.test(text),
};

const integer: ScalarTag = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  test: /^(?:[-+]_*)?(?:0_*[xX][\da-fA-F_]+|0_*[bB][01_]+|0_*[oO][0-7_]+|0[0-7_]*|[1-9][\d_]*)$/,
  resolve: integerOf,
};

/** `08` is one too: it is no octal number. */
const float: ScalarTag = {
  tag: 'tag:yaml.org,2002:float',
  default: true,
  // What begins with a point has underscores between digits alone.
  test: /^(?:(?:(?:[-+]_*)?\d|[-+]_*\.)[\d_.eE+-]*|\.\d+(?:_\d+)*(?:[eE][-+]?\d+)?)$/,
  resolve(text) {
    const plain = text.replaceAll('_', '');
    const number = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/.test(plain) ? Number(plain) : NaN;
    return Number.isFinite(number) ? number : text;
  },
};

const notInJson: ScalarTag = {
  tag: 'tag:yaml.org,2002:float',
  default: true,
  test: /^(?:[-+]?\.(?:inf|Inf|INF)|\.nan|\.NaN|\.NAN)$/,
  resolve(text, onError) {
    onError(`"${text}" is no number that a document can hold`);
    return text;
  },
};

/** Digits of the longest number that is read as an integer: 64 of them to base 2, and its prefix. */
const maxDigits = 66;

function integerOf(text: string): number | string {
  const plain = text.replaceAll('_', '');
  const digits = plain.replace(/^[-+]/, '');
  const isFloat = /^\d+$/.test(digits) && Number.isFinite(Number(plain));
  if (digits.length > maxDigits) return isFloat ? Number(plain) : text;
  const isOctal = /^0\d/.test(digits);
  // Nothing follows the prefix where there were only underscores.
  if (/^0[xXbBoO]$/.test(digits)) return text;
  const size = BigInt(isOctal ? `0o${digits.slice(1)}` : digits);
  const isNegative = plain.startsWith('-');
  const limit = isNegative ? 2n ** 63n : 2n ** 64n - 1n;
  if (size > limit) return isFloat ? Number(plain) : text;
  return Number(isNegative ? -size : size);
}

const own = [boolean, integer, float, notInJson];

function withOwn(tags: Tags): Tags {
  const replaced: ReadonlySet<string> = new Set(own.map(({ tag }) => tag));
  return [...tags.filter((tag) => typeof tag === 'string' || !replaced.has(tag.tag)), ...own];
}

/**
 * How texts of documents are read. Unique keys are looked after by the parser of documents: the library compares
 * each key of a map with every other. `<<` merges, as Kubernetes has it. Dates, sets and bytes (`!!timestamp`, `!!set`, `!!binary`) are not in JSON.
 */
export const kubernetesYaml = {
  uniqueKeys: false,
  prettyErrors: false,
  merge: true,
  resolveKnownTags: false,
  customTags: withOwn,
} as const satisfies ParseOptions & SchemaOptions & { prettyErrors: boolean };
