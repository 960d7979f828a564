// Package impostor keeps the cases of fake government sites and accounts
// (Article 23(2) and (3)): what was found by the monitor, by a citizen or by a
// unit, the verification by a named person, the referral to 网信 and what 通信
// (resolution, access) and 公安 (punishment) were asked to do and did, and the
// watch over whether the fake is gone. A fake may stand at an IP address without a
// name; it is then compared with no name, and no resolution is stopped.
//
// It decides which names made from a protected host are asked of the DNS and
// when, that none of them is contacted until a person asks for it, which step
// may follow which, and by when. It does not decide that a name looks like
// another (check/lookalike), nor that one is a fake: a person does.
package impostor
