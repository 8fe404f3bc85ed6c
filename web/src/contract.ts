// The stack's contract, as `python -m contract` writes it: all that this page knows of the stack.

import type { UserManagerSettings } from "oidc-client-ts";

export interface Schema {
  $ref?: string;
  type?: string | string[];
  title?: string;
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  enum?: unknown[];
  anyOf?: Schema[];
  default?: unknown;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
}

export type Place = "path" | "query" | "header";

export interface Parameter {
  name: string;
  in: Place;
  required: boolean;
  schema: Schema;
}

export interface Route {
  key: string;
  method: string;
  path: string;
  operationId: string;
  summary: string;
  who: string;
  public: boolean;
  scopes: string[];
  groups: string[];
  parameters: Parameter[];
  request: Schema | null;
  status: number;
  response: Schema | null;
}

export interface PasswordPolicy {
  minimumLength: number;
  requireLowercase: boolean;
  requireUppercase: boolean;
  requireNumbers: boolean;
  requireSymbols: boolean;
}

export interface Contract {
  contractVersion: string;
  outputs: {
    apiUrl: string;
    region: string;
    userPoolId: string;
    userPoolClientId: string;
    authDomain: string | null;
    scopes: string[];
    awsEndpointUrl?: string; // of a stack on this machine only
    signIn: {
      callbackUrls: string[];
      logoutUrls: string[];
      signInWith: string[];
      selfSignUp: boolean;
      passwordPolicy: PasswordPolicy;
    };
  };
  endpoints: { signOut: string | null; userPools: string };
  routes: Route[];
  schemas: Record<string, Schema>;
}

export type Oidc = UserManagerSettings & { signOutUrl: string };

async function read<T>(name: string): Promise<T> {
  const answer = await fetch(`contract/${name}`, { cache: "no-store" });
  if (!answer.ok) throw new Error(`contract/${name} answers ${answer.status}; write it with: python -m contract`);
  return (await answer.json()) as T;
}

export async function load(): Promise<{ contract: Contract; oidc: Oidc }> {
  const [contract, oidc] = await Promise.all([read<Contract>("contract.json"), read<Oidc>("oidc.json")]);
  return { contract, oidc };
}

/** The schema itself where one only points at it: `#/schemas/NewNote`. */
export function resolved(schema: Schema, contract: Contract): Schema {
  if (schema.$ref === undefined) return schema;
  const name = schema.$ref.split("/").pop() ?? "";
  const found = contract.schemas[name];
  if (found === undefined) throw new Error(`the contract has no schema ${name}`);
  return resolved(found, contract);
}
