/** The frame around the views, and which view an address shows. */
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { api, messageOf } from './api/index.ts';
import { connected } from './api/connection.ts';
import { adjust, go, parts, query, to } from './router.ts';
import { isOperator, loadSession, mayOnlyReadHere, seesAllTenants, session, tenant, tenants } from './session.ts';
import { Brand, Icons } from './ui/icons.tsx';
import { Notices } from './ui/notices.tsx';
import { Head, Waiting } from './ui/pieces.tsx';
import { Audit } from './views/audit.tsx';
import { Find } from './views/find.tsx';
import { IncidentView } from './views/incident.tsx';
import { Incidents } from './views/incidents.tsx';
import { List } from './views/list.tsx';
import { Login } from './views/login.tsx';
import { Ops } from './views/ops.tsx';
import { Overview } from './views/overview.tsx';
import { ProviderView } from './views/provider.tsx';
import { PolicyView } from './views/policy.tsx';
import { Providers } from './views/providers.tsx';
import { RecipientView } from './views/recipient.tsx';
import { Replies } from './views/replies.tsx';
import { Risk } from './views/risk.tsx';
import { Try } from './views/try.tsx';

interface Section {
  readonly path: readonly string[];
  readonly name: string;
  readonly icon: () => JSX.Element;
  /** Only for keys of every tenant. */
  readonly all?: true;
  /** Only for operators. */
  readonly operators?: true;
}
const SECTIONS: readonly Section[] = [
  { path: [], name: 'Overview', icon: Icons.overview },
  { path: ['find'], name: 'Find', icon: Icons.find },
  { path: ['list'], name: 'List', icon: Icons.list },
  { path: ['risk'], name: 'At risk', icon: Icons.risk },
  { path: ['incidents'], name: 'Incidents', icon: Icons.incidents },
  { path: ['providers'], name: 'Providers', icon: Icons.providers },
  { path: ['replies'], name: 'Replies', icon: Icons.replies },
  { path: ['try'], name: 'Try a log', icon: Icons.attempt },
  { path: ['audit'], name: 'Audit', icon: Icons.audit, operators: true },
  { path: ['policy'], name: 'Policy', icon: Icons.policy },
  { path: ['ops'], name: 'Operation', icon: Icons.ops, all: true },
];

function isShown({ all, operators }: Section): boolean {
  return (all === undefined || seesAllTenants.value) && (operators === undefined || isOperator.value);
}

export function App(): JSX.Element {
  const [problem, setProblem] = useState<string>();
  const isConnected = connected.value;
  useEffect(() => {
    if (session.value !== undefined) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const load = (): void => {
      loadSession().catch((error: unknown) => {
        setProblem(messageOf(error));
        timer = setTimeout(load, 3_000);
      });
    };
    load();
    return () => clearTimeout(timer);
  }, []);
  useEffect(() => keepTrying(isConnected), [isConnected]);

  const known = session.value;
  if (known === undefined) {
    return (
      <main>
        <Waiting>{problem === undefined ? 'Asking who you are …' : `${problem} Trying again …`}</Waiting>
      </main>
    );
  }
  if (!known.signedIn || parts.value[0] === 'login') return <Login />;
  return <Frame />;
}

/** Asks every few seconds until the service answers. */
function keepTrying(isConnected: boolean): (() => void) | undefined {
  if (isConnected) return undefined;
  const timer = setInterval(() => void loadSession().catch(() => undefined), 2_000);
  return () => clearInterval(timer);
}

function Frame(): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  const at = parts.value;
  const path = at.join('/');
  useEffect(() => setOpen(false), [path]);
  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <div class="frame">
        <aside class={isOpen ? 'side open' : 'side'}>
          <a class="brand" href={to([])}>
            <Brand />
            Desist
          </a>
          <nav class="nav" aria-label="Sections">
            {SECTIONS.filter(isShown).map(({ path: [first], name, icon: Icon }) => (
              <a
                key={name}
                href={to(first === undefined ? [] : [first])}
                {...((at[0] === 'r' ? 'find' : at[0]) === first ? { 'aria-current': 'page' } : {})}
              >
                <Icon />
                {name}
              </a>
            ))}
          </nav>
          <Account />
        </aside>
        <div class="body">
          <Bar isOpen={isOpen} toggle={() => setOpen(!isOpen)} />
          <main id="main" tabIndex={-1}>
            {connected.value ? null : (
              <div class="banner warn" role="status">
                <div class="grow">
                  <strong>The service does not answer.</strong> What you see is what it said last. Trying again every few seconds.
                </div>
              </div>
            )}
            <View />
          </main>
        </div>
      </div>
      <Notices />
    </>
  );
}

function View(): JSX.Element {
  const [first, second, third, ...more] = parts.value;
  if (more.length === 0) {
    if (first === undefined) return <Overview />;
    if (first === 'r' && second !== undefined && third !== undefined)
      return <RecipientView key={`${second}/${third}`} tenant={second} address={third} />;
    if (first === 'incidents' && second !== undefined && third === undefined) return <IncidentView key={second} id={second} />;
    if (first === 'providers' && second !== undefined && third === undefined) return <ProviderView key={second} name={second} />;
    if (second === undefined) {
      if (first === 'find') return <Find />;
      if (first === 'list') return <List />;
      if (first === 'risk') return <Risk />;
      if (first === 'incidents') return <Incidents />;
      if (first === 'providers') return <Providers />;
      if (first === 'replies') return <Replies />;
      if (first === 'try') return <Try />;
      if (first === 'policy') return <PolicyView />;
      if (first === 'audit') return <Audit />;
      if (first === 'ops') return <Ops />;
    }
  }
  return (
    <>
      <Head title="There is nothing at this address" />
      <p>
        The <a href={to([])}>overview</a> is a good place to start, or look for an address above.
      </p>
    </>
  );
}

function Bar({ isOpen, toggle }: { readonly isOpen: boolean; readonly toggle: () => void }): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const isTyping = event.target instanceof Element && event.target.matches('input, textarea, select, [contenteditable]');
      if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      input.current?.focus();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
  const search = (event: Event): void => {
    event.preventDefault();
    const text = input.current?.value.trim() ?? '';
    if (text === '') return;
    go(to(['find'], { q: text }));
    if (input.current !== null) input.current.value = '';
  };
  return (
    <div class="bar">
      <a class="brand" href={to([])}>
        <Brand />
        Desist
      </a>
      <button class="button small menu-button" type="button" aria-expanded={isOpen} onClick={toggle}>
        <Icons.menu />
        Menu
      </button>
      <form class="search" role="search" onSubmit={search}>
        <Icons.find />
        <input
          ref={input}
          type="search"
          aria-label="Find an address, the beginning of one, or a domain"
          placeholder="Find an address or a domain"
          autoComplete="off"
          spellcheck={false}
          maxLength={320}
        />
        <kbd aria-hidden="true">/</kbd>
      </form>
      <div class="who">
        <TenantPicker />
      </div>
    </div>
  );
}

function TenantPicker(): JSX.Element | null {
  const chosen = query.value.get('tenant') ?? '';
  const known = tenants.value;
  const [only, ...others] = known;
  if (!seesAllTenants.value && others.length === 0) return <span class="quiet">{only}</span>;
  // The views of one recipient say in their address whose it is.
  if (parts.value[0] === 'r') return <span class="quiet">tenant {parts.value[1]}</span>;
  const options = chosen === '' || known.includes(chosen) ? known : [chosen, ...known];
  return (
    <select aria-label="Tenant in view" value={chosen} onChange={({ currentTarget }) => adjust({ tenant: currentTarget.value }, false)}>
      <option value="">All tenants</option>
      {options.map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </select>
  );
}

function Account(): JSX.Element {
  const known = session.value;
  const signOut = async (): Promise<void> => {
    session.value = await api.signOut();
    go('/ui/login');
  };
  return (
    <div class="side-foot">
      {known?.required === true ? (
        <div>
          Signed in as <span class="strong">{known.name}</span>
          {isOperator.value ? null : ', read only'}
        </div>
      ) : (
        <div>There are no keys: everybody on this machine may do everything.</div>
      )}
      {mayOnlyReadHere.value ? <div>This process only reads. Changes are made where Desist accepts commands.</div> : null}
      {tenant.value === undefined ? null : <div class="sr">Tenant in view: {tenant.value}</div>}
      <div class="row">
        {known?.required === true ? (
          <button class="link" type="button" onClick={() => void signOut()}>
            Sign out
          </button>
        ) : null}
        <a href="/docs/" target="_blank" rel="noreferrer">
          HTTP interface
        </a>
      </div>
      <div>Version {known?.version}</div>
    </div>
  );
}
