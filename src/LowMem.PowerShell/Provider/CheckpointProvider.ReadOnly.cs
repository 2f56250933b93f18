using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Provider;
using LowMem.PowerShell.Errors;

namespace LowMem.PowerShell.Provider;

/// <content>All that would change the checkpoint says that it is not changed.</content>
public sealed partial class CheckpointProvider
{
    /// <inheritdoc/>
    public void ClearContent(string path) => Refuse(path);

    /// <inheritdoc/>
    public object? ClearContentDynamicParameters(string path) => null;

    /// <inheritdoc/>
    public IContentWriter? GetContentWriter(string path)
    {
        Refuse(path);
        return null;
    }

    /// <inheritdoc/>
    public object? GetContentWriterDynamicParameters(string path) => null;

    /// <inheritdoc/>
    public void SetProperty(string path, PSObject propertyValue) => Refuse(path);

    /// <inheritdoc/>
    public object? SetPropertyDynamicParameters(string path, PSObject propertyValue) => null;

    /// <inheritdoc/>
    public void ClearProperty(string path, Collection<string> propertyToClear) => Refuse(path);

    /// <inheritdoc/>
    public object? ClearPropertyDynamicParameters(string path, Collection<string> propertyToClear) => null;

    /// <inheritdoc/>
    public void NewProperty(string path, string propertyName, string propertyTypeName, object value) => Refuse(path);

    /// <inheritdoc/>
    public object? NewPropertyDynamicParameters(string path, string propertyName, string propertyTypeName, object value) => null;

    /// <inheritdoc/>
    public void RemoveProperty(string path, string propertyName) => Refuse(path);

    /// <inheritdoc/>
    public object? RemovePropertyDynamicParameters(string path, string propertyName) => null;

    /// <inheritdoc/>
    public void RenameProperty(string path, string sourceProperty, string destinationProperty) => Refuse(path);

    /// <inheritdoc/>
    public object? RenamePropertyDynamicParameters(string path, string sourceProperty, string destinationProperty) => null;

    /// <inheritdoc/>
    public void CopyProperty(string sourcePath, string sourceProperty, string destinationPath, string destinationProperty) => Refuse(destinationPath);

    /// <inheritdoc/>
    public object? CopyPropertyDynamicParameters(string sourcePath, string sourceProperty, string destinationPath, string destinationProperty) => null;

    /// <inheritdoc/>
    public void MoveProperty(string sourcePath, string sourceProperty, string destinationPath, string destinationProperty) => Refuse(destinationPath);

    /// <inheritdoc/>
    public object? MovePropertyDynamicParameters(string sourcePath, string sourceProperty, string destinationPath, string destinationProperty) => null;

    /// <inheritdoc/>
    protected override void SetItem(string path, object value) => Refuse(path);

    /// <inheritdoc/>
    protected override void ClearItem(string path) => Refuse(path);

    /// <inheritdoc/>
    protected override void NewItem(string path, string itemTypeName, object newItemValue) => Refuse(path);

    /// <inheritdoc/>
    protected override void RemoveItem(string path, bool recurse) => Refuse(path);

    /// <inheritdoc/>
    protected override void RenameItem(string path, string newName) => Refuse(path);

    /// <inheritdoc/>
    protected override void MoveItem(string path, string destination) => Refuse(path);

    /// <inheritdoc/>
    protected override void CopyItem(string path, string copyPath, bool recurse) => Refuse(copyPath);

    private void Refuse(string path) => WriteError(ErrorRecords.ReadOnly(path));
}
