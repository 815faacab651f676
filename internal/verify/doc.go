// Package verify judges a webhook that nobody prepared: it asks all that the service asks, and what it asks one day, and says of each
// whether the webhook bears it.
//
// A [Check] is one question, as data. [Run] puts all that were chosen to one webhook in one dialect, and returns a [Column] with a
// [Result] for each. What is sent goes out by the engine of package emulator, bent by faults as its scenarios are; what comes back is
// judged by package diagnosis. So there is no second sender here, and no second opinion.
//
// Two things come first: a plain handshake, and one plain notification. A variation of them is judged only where they were answered
// well, so that one mistake has one finding. How far answers can be judged depends on what the webhook has reason to believe, see
// [Depth]: what rests on more is not judged, and never good.
//
// It prints nothing and writes no file. Use package scenarios where expectations are of one's own, and a story has an order.
package verify
