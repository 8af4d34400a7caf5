// Rules for TypeScript and for the plain JavaScript that sets a clone up. Prettier owns the layout; a rule that fights
// good code is turned off here, with its reason, and not at the code.
import js from "@eslint/js";
import { defineConfig } from "eslint/config";
import typescript from "typescript-eslint";

/** Rooms of trainer/ and the rooms each may import: the arrows of the architecture. */
const ARROWS = {
  cli: ["roles", "learning", "privacy", "chain", "storage", "observe", "protocol"],
  roles: ["learning", "privacy", "chain", "storage", "observe", "protocol"],
  learning: ["protocol"],
  privacy: ["protocol"],
  chain: ["protocol"],
  storage: ["protocol"],
  observe: ["protocol"],
  protocol: [],
};

const arrows = Object.entries(ARROWS).map(([room, allowed]) => {
  const forbidden = Object.keys(ARROWS).filter((other) => other !== room && !allowed.includes(other));
  const patterns = [
    {
      regex: `^(\\.\\./)+(${forbidden.join("|")})/`,
      message: `trainer/${room} may import from ${allowed.length === 0 ? "no other room" : allowed.join(", ")} only`,
    },
    { regex: "^(\\.\\./)+(test|scripts|bench)/", message: "What ships does not import what tests or measures it" },
  ];
  const onChain = {
    regex: "^(\\.\\./)+types/ethers-contracts|^ethers$",
    message: "Only chain, roles and cli know the chain",
  };
  if (["learning", "storage", "privacy"].includes(room)) patterns.push(onChain);
  return { files: [`trainer/${room}/**/*.ts`], rules: { "no-restricted-imports": ["error", { patterns }] } };
});

/** Node strips types and runs what is left, so nothing that would need code made for it. */
const ERASABLE_ONLY = [
  { selector: "TSEnumDeclaration", message: "Enums are not erasable; use a const object or a union" },
  { selector: "TSModuleDeclaration[declare!=true]", message: "Namespaces are not erasable; use a module" },
  { selector: "TSParameterProperty", message: "Parameter properties are not erasable; assign in the constructor" },
  { selector: "TSImportEqualsDeclaration", message: "Not erasable; use an import" },
  { selector: "TSExportAssignment", message: "Not erasable; use an export" },
];

/** Text from chains and wallets never becomes markup: it goes into text nodes, which nothing but these circumvents. */
const NO_MARKUP = [
  { selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']", message: "Markup is written, never made of text" },
  {
    selector: "MemberExpression[property.name=/^(innerHTML|outerHTML|insertAdjacentHTML|write|writeln|srcdoc)$/]",
    message: "Markup is written, never made of text",
  },
];

export default defineConfig(
  { ignores: ["artifacts/", "cache/", "out/", "app/dist/", "types/ethers-contracts/", "ignition/deployments/"] },
  js.configs.recommended,
  typescript.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ["eslint.config.mjs", "bin/foedus.js"] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      // TypeScript knows which names there are.
      "no-undef": "off",
      "no-restricted-syntax": ["error", ...ERASABLE_ONLY],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/consistent-type-exports": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/no-unnecessary-condition": [
        "error",
        { allowConstantLoopConditions: "only-allowed-literals" },
      ],
      "@typescript-eslint/prefer-promise-reject-errors": [
        "error",
        { allowThrowingUnknown: true, allowThrowingAny: true },
      ],
      // Numbers, booleans and content identifiers read well in a template.
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        {
          allowNumber: true,
          allowBoolean: true,
          allowNever: true,
          allow: [{ name: "CID", from: "package", package: "multiformats" }],
        },
      ],
      // `items[i]!` in a loop that has just checked `i` is how noUncheckedIndexedAccess is lived with.
      "@typescript-eslint/no-non-null-assertion": "off",
      // Objects here are closures: their methods know no `this`.
      "@typescript-eslint/unbound-method": "off",
      // A type parameter named once can still say what a callback gets.
      "@typescript-eslint/no-unnecessary-type-parameters": "off",
      // An async function may be one for its interface's sake.
      "@typescript-eslint/require-await": "off",
      // What is printed for people is made printable by functions that know what they get.
      "@typescript-eslint/no-base-to-string": "off",
      "no-control-regex": "off",
      // `!` after an index is allowed above, even where the callee would take undefined.
      "@typescript-eslint/no-unnecessary-type-assertion": "off",
      "@typescript-eslint/no-unnecessary-type-conversion": "off",
      // Libraries' declarations name browser types that are not loaded here. Using such a value without giving it a type
      // is still caught, by the other rules of the family.
      "@typescript-eslint/no-unsafe-assignment": "off",
      // TensorFlow.js hands out its classes by interfaces.
      "@typescript-eslint/no-unsafe-class-instance-assignment": "off",
    },
  },
  ...arrows,
  {
    files: ["app/**/*.{ts,tsx}"],
    rules: {
      "no-restricted-imports": [
        "error",
        { patterns: [{ regex: "^node:|/(test|scripts|bench)/", message: "A browser has none of it" }] },
      ],
      "no-restricted-syntax": ["error", ...ERASABLE_ONLY, ...NO_MARKUP],
    },
  },
  {
    files: ["test/**/*.ts", "bench/**/*.ts"],
    rules: {
      // Chai's assertions are properties.
      "@typescript-eslint/no-unused-expressions": "off",
      // A source that ends at once is what a test needs now and then.
      "require-yield": "off",
      // An error that is the expected one needs no cause.
      "preserve-caught-error": "off",
    },
  },
  {
    // What npm and its JSON give before anything is installed has no types.
    files: ["**/*.mjs"],
    rules: {
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-return": "off",
      "@typescript-eslint/no-explicit-any": "off",
    },
  },
);
