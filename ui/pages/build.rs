//! Compiles the screens.

fn main() {
    let config = slint_build::CompilerConfiguration::new()
        .with_style("fluent-light".into()) // never follow a desktop's dark mode
        .embed_resources(slint_build::EmbedResourcesKind::EmbedFiles)
        .with_bundled_translations("../lang") // ui/lang/<code>/LC_MESSAGES/ui-pages.po
        .with_debug_info(true); // ids and types for the tests' element search
    if let Err(error) = slint_build::compile_with_config("../slint/kiosk.slint", config) {
        #[expect(clippy::panic, reason = "a build script has no other way to fail")]
        {
            panic!("the screens do not compile: {error}");
        }
    }
}
