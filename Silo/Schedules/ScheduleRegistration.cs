namespace Hearth.Schedules;

/// <summary>A schedule that the application's code added.</summary>
internal sealed record ScheduleRegistration(string Name, ScheduleDefinition Definition);
