// Sign-up and its confirmation through Cognito's public API, which takes no credentials.

import type { Contract, PasswordPolicy } from "./contract";

export class AccountError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

const MESSAGES: Record<string, string> = {
  UsernameExistsException: "There is an account of that name already. Sign in, or choose another name.",
  CodeMismatchException: "That is not the code we sent. Check it, or ask for a new one.",
  ExpiredCodeException: "That code is too old. Ask for a new one.",
  LimitExceededException: "Too many tries. Wait a while, then try again.",
  TooManyRequestsException: "Too many tries. Wait a while, then try again.",
};

export class Accounts {
  readonly #url: string;
  readonly #client: string;

  constructor(contract: Contract) {
    this.#url = `${contract.endpoints.userPools}/`;
    this.#client = contract.outputs.userPoolClientId;
  }

  /** Whether the account still has to be confirmed, with the code that was sent. */
  async signUp(name: string, email: string, password: string): Promise<boolean> {
    const answer = await this.#ask("SignUp", {
      Username: name,
      Password: password,
      UserAttributes: [{ Name: "email", Value: email }],
    });
    return answer["UserConfirmed"] !== true;
  }

  async confirm(name: string, code: string): Promise<void> {
    await this.#ask("ConfirmSignUp", { Username: name, ConfirmationCode: code });
  }

  async sendAgain(name: string): Promise<void> {
    await this.#ask("ResendConfirmationCode", { Username: name });
  }

  async #ask(action: string, values: object): Promise<Record<string, unknown>> {
    let answer: Response;
    try {
      answer = await fetch(this.#url, {
        method: "POST",
        headers: {
          "Content-Type": "application/x-amz-json-1.1",
          "X-Amz-Target": `AWSCognitoIdentityProviderService.${action}`,
        },
        body: JSON.stringify({ ClientId: this.#client, ...values }),
      });
    } catch {
      throw new AccountError("NetworkError", "The user pool cannot be reached. Check your connection, then try again.");
    }
    const content = (await answer.json().catch(() => ({}))) as Record<string, unknown>;
    if (answer.ok) return content;
    const code = String(content["__type"] ?? "").split("#").pop() ?? "";
    throw new AccountError(code, MESSAGES[code] ?? String(content["message"] ?? `The user pool answers ${answer.status}.`));
  }
}

/** The pool's rule for passwords, in words. */
export function passwordRule(policy: PasswordPolicy): string {
  const kinds = [
    policy.requireLowercase && "a lower-case letter",
    policy.requireUppercase && "a capital letter",
    policy.requireNumbers && "a number",
    policy.requireSymbols && "a symbol",
  ].filter((each) => each !== false);
  const list = kinds.length > 1 ? `${kinds.slice(0, -1).join(", ")} and ${kinds.at(-1)}` : kinds.join("");
  return `At least ${policy.minimumLength} characters${list && `, with ${list}`}.`;
}
