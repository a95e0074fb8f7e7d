// By what the phone's window and the other pages of this site find one another.

export const CHANNEL = "cc-phone";
export const LOCK = "cc-phone";
export const WINDOW = "cc-phone";
