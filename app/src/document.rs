//! The HTML document around the pages: only the server renders it.

use leptos::{config::LeptosOptions, nonce::use_nonce, prelude::*};
use leptos_meta::MetaTags;

use crate::App;

/// The document with [`App`] in its body.
///
/// It satisfies `script-src 'nonce-…' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self' 'nonce-…'`: every script carries the
/// response's nonce, and nothing is styled inline.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let file = |name: &str| format!("/{}/{name}", options.site_pkg_dir);
    let (style, icon) = (file("sidestep.css"), file("favicon.svg"));
    let (loader, code) = (file("sidestep.js"), file("sidestep_bg.wasm"));
    // Leptos' own `HydrationScripts` gives its preload of the loader no nonce, which this policy refuses.
    let start =
        format!("import start,{{hydrate}} from {loader:?};start({{module_or_path:{code:?}}}).then(hydrate)");
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                // The page *Edit YAML* loads it, and no other.
                <meta name="editor" content=file("editor.js")/>
                <link rel="icon" type="image/svg+xml" href=icon/>
                <link rel="stylesheet" href=style/>
                <script nonce=use_nonce()>{THEME}</script>
                <link rel="modulepreload" href=loader nonce=use_nonce()/>
                <link rel="preload" href=code r#as="fetch" r#type="application/wasm" crossorigin="anonymous"/>
                <script type="module" nonce=use_nonce()>{start}</script>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// Applies the reader's choice before anything is painted: later it would flash.
const THEME: &str = "try{const t=localStorage.getItem('theme');\
                     if(t==='light'||t==='dark')document.documentElement.dataset.theme=t}catch{}";
