// The modules of every page. What one page needs comes with that page.
import "./prefetched.js";
import "./confirm.js";
import "./forms.js";
import "./menus.js";
import "./rail.js";
import "./switcher.js";
import "./instances.js";
import "./toast.js";
import "./retry.js";
import "./copy.js";
import "./time.js";
import "./bell.js";
import "./dialogs.js";
import "./shortcuts.js";
