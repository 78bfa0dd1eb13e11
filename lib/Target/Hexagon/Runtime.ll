; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
; The divisions that LLVM's code generator calls on Hexagon, which has no instruction for them, under
; the names that it calls them by. They join every object, so that no object needs a runtime library.

@llvm.compiler.used = appending global [4 x ptr] [
  ptr @__hexagon_udivsi3, ptr @__hexagon_umodsi3, ptr @__hexagon_udivdi3, ptr @__hexagon_divsf3],
  section "llvm.metadata"

declare i32 @llvm.ctlz.i32(i32, i1 immarg)
declare i64 @llvm.ctlz.i64(i64, i1 immarg)
declare i32 @llvm.smax.i32(i32, i32)
declare i32 @llvm.smin.i32(i32, i32)

; Long division: the divisor, aligned to the dividend's first bit, goes down bit by bit.
define internal i32 @__hexagon_udivsi3(i32 %n, i32 %d) {
  %small = icmp ult i32 %n, %d
  br i1 %small, label %done, label %align
align:
  %dbits = call i32 @llvm.ctlz.i32(i32 %d, i1 false)
  %nbits = call i32 @llvm.ctlz.i32(i32 %n, i1 false)
  %distance = sub i32 %dbits, %nbits
  %aligned = shl i32 %d, %distance
  br label %bit
bit:
  %rest = phi i32 [ %n, %align ], [ %left, %bit ]
  %divisor = phi i32 [ %aligned, %align ], [ %next, %bit ]
  %quotient = phi i32 [ 0, %align ], [ %more, %bit ]
  %count = phi i32 [ %distance, %align ], [ %fewer, %bit ]
  %doubled = shl i32 %quotient, 1
  %fits = icmp uge i32 %rest, %divisor
  %taken = select i1 %fits, i32 %divisor, i32 0
  %left = sub i32 %rest, %taken
  %one = zext i1 %fits to i32
  %more = or i32 %doubled, %one
  %next = lshr i32 %divisor, 1
  %fewer = add i32 %count, -1
  %last = icmp eq i32 %count, 0
  br i1 %last, label %done, label %bit
done:
  %result = phi i32 [ 0, %0 ], [ %more, %bit ]
  ret i32 %result
}

define internal i32 @__hexagon_umodsi3(i32 %n, i32 %d) {
  %quotient = call i32 @__hexagon_udivsi3(i32 %n, i32 %d)
  %product = mul i32 %quotient, %d
  %rest = sub i32 %n, %product
  ret i32 %rest
}

define internal i64 @__hexagon_udivdi3(i64 %n, i64 %d) {
  %small = icmp ult i64 %n, %d
  br i1 %small, label %done, label %align
align:
  %dbits = call i64 @llvm.ctlz.i64(i64 %d, i1 false)
  %nbits = call i64 @llvm.ctlz.i64(i64 %n, i1 false)
  %distance = sub i64 %dbits, %nbits
  %aligned = shl i64 %d, %distance
  br label %bit
bit:
  %rest = phi i64 [ %n, %align ], [ %left, %bit ]
  %divisor = phi i64 [ %aligned, %align ], [ %next, %bit ]
  %quotient = phi i64 [ 0, %align ], [ %more, %bit ]
  %count = phi i64 [ %distance, %align ], [ %fewer, %bit ]
  %doubled = shl i64 %quotient, 1
  %fits = icmp uge i64 %rest, %divisor
  %taken = select i1 %fits, i64 %divisor, i64 0
  %left = sub i64 %rest, %taken
  %one = zext i1 %fits to i64
  %more = or i64 %doubled, %one
  %next = lshr i64 %divisor, 1
  %fewer = add i64 %count, -1
  %last = icmp eq i64 %count, 0
  br i1 %last, label %done, label %bit
done:
  %result = phi i64 [ 0, %0 ], [ %more, %bit ]
  ret i64 %result
}

; f32 by f32, to nearest, ties to even, denormals included. Magnitudes are compared as integers.
define internal float @__hexagon_divsf3(float %x, float %y) {
  %a = bitcast float %x to i32
  %b = bitcast float %y to i32
  %signs = xor i32 %a, %b
  %sign = and i32 %signs, -2147483648
  %infinity = or i32 %sign, 2139095040
  %ma = and i32 %a, 2147483647
  %mb = and i32 %b, 2147483647
  %anan = icmp ugt i32 %ma, 2139095040
  %bnan = icmp ugt i32 %mb, 2139095040
  %nan = or i1 %anan, %bnan
  br i1 %nan, label %done, label %numbers
numbers:
  %ainf = icmp eq i32 %ma, 2139095040
  %binf = icmp eq i32 %mb, 2139095040
  %azero = icmp eq i32 %ma, 0
  %bzero = icmp eq i32 %mb, 0
  %bothinf = and i1 %ainf, %binf
  %bothzero = and i1 %azero, %bzero
  %undefined = or i1 %bothinf, %bothzero
  br i1 %undefined, label %done, label %defined
defined:
  %large = or i1 %ainf, %bzero
  br i1 %large, label %done, label %bounded
bounded:
  %small = or i1 %azero, %binf
  br i1 %small, label %done, label %normalize
normalize: ; significands of 24 bits, the exponents of denormals below 1
  %aexp = lshr i32 %ma, 23
  %bexp = lshr i32 %mb, 23
  %afrac = and i32 %ma, 8388607
  %bfrac = and i32 %mb, 8388607
  %alead = call i32 @llvm.ctlz.i32(i32 %afrac, i1 false)
  %blead = call i32 @llvm.ctlz.i32(i32 %bfrac, i1 false)
  %ashift = add i32 %alead, -8
  %bshift = add i32 %blead, -8
  %ashifted = shl i32 %afrac, %ashift
  %bshifted = shl i32 %bfrac, %bshift
  %alow = sub i32 1, %ashift
  %blow = sub i32 1, %bshift
  %afull = or i32 %afrac, 8388608
  %bfull = or i32 %bfrac, 8388608
  %adenormal = icmp eq i32 %aexp, 0
  %bdenormal = icmp eq i32 %bexp, 0
  %sa = select i1 %adenormal, i32 %ashifted, i32 %afull
  %sb = select i1 %bdenormal, i32 %bshifted, i32 %bfull
  %ea = select i1 %adenormal, i32 %alow, i32 %aexp
  %eb = select i1 %bdenormal, i32 %blow, i32 %bexp
  %below = icmp ult i32 %sa, %sb
  %shift = zext i1 %below to i32
  %start = shl i32 %sa, %shift
  %distance = sub i32 %ea, %eb
  %biased = add i32 %distance, 127
  %exponent = sub i32 %biased, %shift
  br label %bit
bit: ; 24 bits of the quotient and one to round by
  %rest = phi i32 [ %start, %normalize ], [ %left, %bit ]
  %quotient = phi i32 [ 0, %normalize ], [ %more, %bit ]
  %count = phi i32 [ 0, %normalize ], [ %next, %bit ]
  %doubled = shl i32 %quotient, 1
  %fits = icmp uge i32 %rest, %sb
  %one = zext i1 %fits to i32
  %more = or i32 %doubled, %one
  %taken = select i1 %fits, i32 %sb, i32 0
  %remaining = sub i32 %rest, %taken
  %left = shl i32 %remaining, 1
  %next = add i32 %count, 1
  %last = icmp eq i32 %next, 25
  br i1 %last, label %round, label %bit
round:
  %overflows = icmp sgt i32 %exponent, 254
  br i1 %overflows, label %done, label %finite
finite: ; a denormal result loses bits; a carry moves into the exponent
  %deficit = sub i32 1, %exponent
  %positive = call i32 @llvm.smax.i32(i32 %deficit, i32 0)
  %lost = call i32 @llvm.smin.i32(i32 %positive, i32 26)
  %ones = shl i32 -1, %lost
  %mask = xor i32 %ones, -1
  %lostbits = and i32 %more, %mask
  %kept = lshr i32 %more, %lost
  %inexact = or i32 %lostbits, %left
  %sticky = icmp ne i32 %inexact, 0
  %stickybit = zext i1 %sticky to i32
  %truncated = lshr i32 %kept, 1
  %odd = and i32 %truncated, 1
  %nudge = or i32 %odd, %stickybit
  %up = and i32 %nudge, %kept
  %rounded = add i32 %truncated, %up
  %lower = add i32 %exponent, -1
  %field = call i32 @llvm.smax.i32(i32 %lower, i32 0)
  %placed = shl i32 %field, 23
  %magnitude = add i32 %rounded, %placed
  %signed = or i32 %magnitude, %sign
  br label %done
done:
  %bits = phi i32 [ 2143289344, %0 ], [ 2143289344, %numbers ], [ %infinity, %defined ],
                  [ %sign, %bounded ], [ %infinity, %round ], [ %signed, %finite ]
  %result = bitcast i32 %bits to float
  ret float %result
}
