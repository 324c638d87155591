internal import Hardware
internal import Plant
internal import Quantities

func loadCellCases(_ world: some BusWorld) -> [Case] {
  func loadCellFault(
    _ name: String, _ broken: any WritableKeyPath<NAU7802Model.Faults, Bool> & Sendable,
    is wanted: SensorFault
  ) -> Case {
    Case(name) {
      let bus = try opened(world)
      var cell = loadCell
      world.devices.breakLoadCell { $0[keyPath: broken] = true }
      try expect(fault { _ = try value(of: &cell, bus, world) }, is: wanted, "fault")
      world.devices.breakLoadCell { $0[keyPath: broken] = false }
      try expect(value(of: &cell, bus, world)?.value != nil, "no value afterwards")
    }
  }

  return [
    Case("R-072 the load cell comes up, discards what has not settled, and gives the mass") {
      let bus = try opened(world)
      var cell = loadCell
      for milligrams in [0.0, 18_500, -18_500] {
        world.devices.load(milligrams)
        var newest: SensorValue?
        // The first value after a change may be of the conversion before it.
        for _ in 0..<3 {
          newest = try value(of: &cell, bus, world)
          world.pass(.milliseconds(100))
        }
        try expect(newest?.value, is: Int64(milligrams), "milligrams")
      }
    },
    Case("R-072 a load cell that hangs the other way gives the mass with its right sign") {
      let bus = try opened(world)
      world.devices.load(18_500)
      var cell = NAU7802(
        address: Address.loadCell, countsPerGram: -Int64(Scale.countsPerGram),
        zero: Int64(Scale.zero))
      try expect(value(of: &cell, bus, world)?.value, is: -18_500, "milligrams")
    },
    Case("R-072 a conversion that ends while its bytes are read is thrown away") {
      let bus = try opened(world)
      world.devices.load(5_000)
      var cell = loadCell
      _ = try value(of: &cell, bus, world)
      let before = cell.tornReads
      world.devices.breakLoadCell { $0.tornReads = 3 }
      for _ in 0..<3 {
        world.pass(.milliseconds(100))
        let next = try value(of: &cell, bus, world)
        try expect(next?.value, is: 5_000, "milligrams")
      }
      try expect(cell.tornReads - before >= 3, "\(cell.tornReads - before) torn reads were seen")
    },
    loadCellFault("R-072 a load cell that never gets ready says so", \.neverReady, is: .neverReady),
    loadCellFault(
      "R-072 a load cell that never converts says so", \.neverConverts, is: .neverReady),
    loadCellFault(
      "R-072 a load cell that cannot be calibrated says so", \.calibrationFails,
      is: .calibrationFailed),
    loadCellFault(
      "R-072 another chip at the load cell's address is no load cell", \.isOtherRevision,
      is: .wrongChip),
    Case("R-072 a load cell at the end of its range has no mass") {
      let bus = try opened(world)
      var cell = loadCell
      _ = try value(of: &cell, bus, world)
      world.devices.load(1e9)
      world.pass(.milliseconds(200))
      try expect(fault { _ = try value(of: &cell, bus, world) }, is: .saturated, "fault")
    },
    Case("R-072 a load cell that lost its supply says so, and comes up again by itself") {
      let bus = try opened(world)
      world.devices.load(7_000)
      var cell = loadCell
      _ = try value(of: &cell, bus, world)
      world.devices.interruptSupply(of: Address.loadCell)
      try expect(
        fault { _ = try value(of: &cell, bus, world) }, is: .configurationLost, "fault")
      try expect(value(of: &cell, bus, world)?.value, is: 7_000, "milligrams")
    },
  ]
}

private var loadCell: NAU7802 {
  NAU7802(
    address: Address.loadCell, countsPerGram: Int64(Scale.countsPerGram), zero: Int64(Scale.zero))
}

func pressureCases(_ world: some BusWorld) -> [Case] {
  [
    Case("R-072 the line pressure is that of its own channel and scale") {
      let bus = try opened(world)
      var sensor = pressure
      // 1.4 V at 50 kPa a volt; 125 uV a count.
      for (microvolts, pascals) in [(1_400_000.0, 70_000), (250.0, 12), (-125_000.0, -6_250)] {
        world.devices.apply([microvolts, 3e6, 3e6, 3e6])
        _ = try value(of: &sensor, bus, world)
        world.pass(.milliseconds(100))
        try expect(value(of: &sensor, bus, world)?.value, is: Int64(pascals), "pascals")
        world.pass(.milliseconds(100))
      }
    },
    Case("R-072 a pressure is as old as the start of its conversion") {
      let bus = try opened(world)
      var sensor = pressure
      let begin = world.now
      try expect(sensor.poll(bus, at: begin) == nil, "a value before any conversion")
      world.pass(.milliseconds(100))
      let found = try sensor.poll(bus, at: world.now)
      try expect(found?.measuredAt, is: begin.count, "measured at")
    },
    Case("R-072 a converter that lost its settings measures nothing") {
      let bus = try opened(world)
      var sensor = pressure
      _ = try value(of: &sensor, bus, world)
      world.devices.interruptSupply(of: Address.pressure)
      try expect(
        fault { _ = try value(of: &sensor, bus, world) }, is: .configurationLost, "fault")
      try expect(value(of: &sensor, bus, world)?.value, is: 0, "pascals")
    },
    Case("R-072 a converter that never ends says so") {
      let bus = try opened(world)
      var sensor = pressure
      world.devices.withDevice(ADS1115Model.self, at: Address.pressure) { chip, _ in
        chip.neverConverts = true
      }
      try expect(fault { _ = try value(of: &sensor, bus, world) }, is: .neverReady, "fault")
    },
    Case("R-072 a pressure at the end of the range is none") {
      let bus = try opened(world)
      var sensor = pressure
      world.devices.apply([5e6, 0, 0, 0])
      try expect(fault { _ = try value(of: &sensor, bus, world) }, is: .saturated, "fault")
    },
  ]
}

private var pressure: ADS1115 {
  ADS1115(address: Address.pressure, channel: 0, pascalsPerVolt: Scale.pascalsPerVolt)
}
