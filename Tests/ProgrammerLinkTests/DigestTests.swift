import DosingCore
import ProgrammerLink
import RawLink
import Testing

/// What both ends work out for themselves is held against published numbers: two ends that err alike
/// would still understand each other, and nobody else.
@Suite struct DigestTests {
  @Test("R-105 An answer is bound to its question by the first 16 bytes of the question's SHA-256")
  func answerIsBound() throws {
    let pump = PumpIdentity(serial: LinkBench.serial, key: SigningKey())
    // FIPS 180-2, appendix B.1: ba7816bf 8f01cfea 414140de 5dae2223 and so on, for "abc".
    let question = Question(FrameHeader(.stop, number: 1), Array("abc".utf8).span)
    let answer = pump.answer(question, .answer, AnswerBody()).array
    let seal = try Seal.read(answer.span)
    #expect(
      seal.challenge == Challenge(nonce: 0xeacf_018f_bf16_78ba, session: 0x2322_ae5d_de40_4141))
  }

  @Test("R-109 A key is called by the first 8 bytes of the SHA-256 of its public half")
  func keyIsCalled() throws {
    // RFC 8032, section 7.1, test 1.
    let secret: [UInt8] = [
      0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60,
      0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4,
      0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19,
      0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60,
    ]
    let key = try #require(SigningKey(secret: secret))
    #expect(key.id == KeyID(0x61a2_54a1_df31_fe21))
  }
}
