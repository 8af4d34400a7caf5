/** What this version of Foedus is called. */
export const VERSION = "0.1.0";
