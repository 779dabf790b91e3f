/** Font families whose character lists are long; loaded after the first paint so that they never delay it. */
import '@fontsource-variable/noto-sans-mono/index.css';
import '@fontsource-variable/noto-sans-jp/index.css';
