// Why a call has no answer that the page may read. The gateway's own refusals have no CORS headers, so to `fetch` they are
// the same as an API that is down.

import type { Contract } from "./contract";

export type Cause = "refused" | "down" | "stale";

export const STALE = "The contract of this page is of another stack. Write it again with: python -m contract --to web/contract";
export const DOWN = "The API cannot be reached. Is the stack up?";

export async function causeOf(contract: Contract): Promise<Cause> {
  // Without CORS the page cannot read the answer, but it learns whether there is one.
  const isUp = await fetch(contract.outputs.apiUrl, { mode: "no-cors", credentials: "omit" }).then(() => true, () => false);
  if (!isUp) return "down";
  // The pool refuses a made-up refresh token, and names the app client instead if it does not know it.
  const refusal = await fetch(`${contract.endpoints.userPools}/`, {
    method: "POST",
    headers: {
      "Content-Type": "application/x-amz-json-1.1",
      "X-Amz-Target": "AWSCognitoIdentityProviderService.GetTokensFromRefreshToken",
    },
    body: JSON.stringify({ ClientId: contract.outputs.userPoolClientId, RefreshToken: "made-up" }),
  }).then((answer) => answer.text(), () => "");
  return refusal.includes("ResourceNotFoundException") ? "stale" : "refused";
}
