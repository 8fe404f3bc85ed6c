// Who is signed in: code flow with PKCE on the pool's own sign-in page, and tokens in memory only.

import { InMemoryWebStorage, OidcClient, type User, UserManager, WebStorageStateStore } from "oidc-client-ts";
import type { Contract, Oidc } from "./contract";

export class Session {
  readonly #manager: UserManager;
  readonly #client: OidcClient; // the same, with the pool's sign-up page where the sign-in page was
  readonly #signOut: URL;

  constructor(contract: Contract, oidc: Oidc) {
    const { callbackUrls, logoutUrls } = contract.outputs.signIn;
    const settings = {
      ...oidc,
      redirect_uri: ofThisPage(callbackUrls) ?? oidc.redirect_uri,
      // A script that gets into the page finds no token in any storage, and a reload forgets them.
      userStore: new WebStorageStateStore({ store: new InMemoryWebStorage() }),
      // The state and PKCE's verifier must outlive the way to the sign-in page and back, which unloads this page. They
      // are of no use once the code is exchanged, and of none to another tab.
      stateStore: new WebStorageStateStore({ store: window.sessionStorage }),
      automaticSilentRenew: true, // by refresh token, so no hidden frame
    };
    this.#manager = new UserManager(settings);
    this.#client = new OidcClient({
      ...settings,
      metadata: { ...oidc.metadata, authorization_endpoint: `${contract.outputs.authDomain}/signup` },
    });
    // Cognito's sign-out is not OpenID Connect's: it takes the client's id and an address to return to.
    this.#signOut = new URL(oidc.signOutUrl);
    const here = ofThisPage(logoutUrls);
    if (here !== undefined) this.#signOut.searchParams.set("logout_uri", here);
  }

  /** Calls back with the user whenever that changes, and with what went wrong. */
  watch(changed: (user: User | null) => void, failed: (error: Error) => void): void {
    this.#manager.events.addUserLoaded(changed);
    this.#manager.events.addUserUnloaded(() => changed(null));
    this.#manager.events.addAccessTokenExpired(() => void this.#manager.removeUser());
    this.#manager.events.addSilentRenewError(failed);
  }

  /** Take what the sign-in page sent back, if this is a return from it, out of the address and exchange it. */
  async resume(): Promise<void> {
    const query = new URLSearchParams(window.location.search);
    if (!query.has("state") || !(query.has("code") || query.has("error"))) return;
    const returned = window.location.href;
    window.history.replaceState(null, "", window.location.pathname); // a reload must not send the code again
    await this.#manager.signinRedirectCallback(returned);
  }

  async signIn(scopes: string[]): Promise<void> {
    await this.#manager.signinRedirect({ scope: scopes.join(" ") });
  }

  async signUp(scopes: string[]): Promise<void> {
    const request = await this.#client.createSigninRequest({ scope: scopes.join(" "), request_type: "si:r" });
    window.location.assign(request.url);
  }

  /**
   * End the session everywhere: revoke the refresh token, of which a thief may have a copy, forget the tokens here, and
   * end the sign-in page's own session, which would sign in again without a question.
   */
  async signOut(): Promise<void> {
    // An endpoint that does not answer must not keep the person signed in.
    await this.#manager.revokeTokens(["refresh_token"]).catch(() => undefined);
    await this.#manager.removeUser();
    window.location.assign(this.#signOut);
  }
}

/** The allowed address that is this page, if one is: Cognito compares them letter by letter. */
export function ofThisPage(addresses: string[]): string | undefined {
  const here = window.location.origin + window.location.pathname;
  return addresses.find((each) => each === here || `${each}/` === here || each === `${here}/`);
}
