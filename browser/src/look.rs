//! What is wrong with a page, as its readers would see it.

use crate::Window;

impl Window {
    /// Looks at the page that is there: nothing to scroll sideways, no complaint of the browser's, every text readable
    /// against its ground (WCAG 2.2, 1.4.3), every field with a name. `YUETING_PICTURES=FOLDER` keeps its picture.
    ///
    /// # Panics
    /// If one of these does not hold; `name` and `size` say where.
    pub async fn look(&self, size: &str, name: &str) {
        if let Some(folder) = std::env::var_os("YUETING_PICTURES") {
            let path = std::path::Path::new(&folder).join(format!("{name}-{size}.png"));
            std::fs::write(path, self.picture().await).unwrap();
        }
        let wide = self.ask("const d = document.documentElement; return d.scrollWidth - d.clientWidth").await;
        assert_eq!(wide, 0, "{name} at the {size} has to be scrolled sideways");
        assert_eq!(self.ask(FAINT).await, serde_json::json!([]), "{name} at the {size} has faint text");
        assert_eq!(
            self.ask(NAMELESS).await,
            serde_json::json!([]),
            "{name} at the {size} has fields without a name"
        );
        let complaints = self.complaints().await;
        assert!(complaints.is_empty(), "{name} at the {size}: {complaints:?}");
    }
}

/// Texts whose contrast is below 4.5 to 1, by the formula of WCAG 2.2.
const FAINT: &str = r"
    const light = c => { c = c / 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
    const parts = text => text.match(/[\d.]+/g).map(Number);
    const luminance = ([r, g, b]) => 0.2126 * light(r) + 0.7152 * light(g) + 0.0722 * light(b);
    const ground = e => {
        for (; e; e = e.parentElement) {
            const p = parts(getComputedStyle(e).backgroundColor);
            if (p.length < 4 || p[3] === 1) return p;
        }
        return [255, 255, 255];
    };
    const faint = [];
    for (const e of document.querySelectorAll('body *')) {
        if (e.closest('svg')) continue;
        const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
        if (!own || !e.getClientRects().length) continue;
        const a = luminance(parts(getComputedStyle(e).color)), b = luminance(ground(e));
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (ratio < 4.5) faint.push(e.textContent.trim() + ' ' + ratio.toFixed(2));
    }
    return faint;";

/// Fields and buttons that a screen reader could not name.
const NAMELESS: &str = r"
    const is_named = e => e.getAttribute('aria-label') || (e.labels && e.labels.length) || e.innerText.trim() || e.hidden;
    return [...document.querySelectorAll('input:not([type=hidden]), select, textarea, button, a')]
        .filter(e => !is_named(e)).map(e => e.outerHTML);";
